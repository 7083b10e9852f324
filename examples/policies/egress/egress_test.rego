package crank.egress_test

import data.crank.egress

allowed(service, more) := destinations if {
	destinations := egress.allow with input as object.union({"resource": {"service": service}}, more)
		with data.services as {"weather": ["api.example.org:443"]}
}

test_services_reach_what_is_listed if {
	allowed("weather", {}) == {"api.example.org:443"}
	allowed("other", {}) == set()
}

test_confidential_arguments_stay_here if {
	allowed("weather", {"classification": "internal"}) == {"api.example.org:443"}
	allowed("weather", {"classification": "confidential"}) == set()
}
