package crank.privacy_test

import data.crank.privacy

from(role, account) := {
	"point": "input",
	"principal": {"role": role, "account": account},
	"resource": {"account": "acme", "service": "people"},
}

actions(role, account) := {type: rule.action |
	some rule in privacy.redact with input as from(role, account) with data.fields as ["/name"]
	some type in rule.detect
}

test_cards_are_masked_for_everybody if {
	actions("owner", "acme").card == "mask"
	actions("caller", "acme").card == "mask"
	actions("caller", "other").secret == "mask"
}

test_owners_see_contact_data if {
	not actions("owner", "acme").email
	actions("caller", "acme").email == "tokenise"
	actions("owner", "other").email == "tokenise"
}

test_fields_are_dropped if {
	{"fields": "/name", "action": "drop"} in privacy.redact with input as from("caller", "acme") with data.fields as ["/name"]
}

test_restricted_data_stays_off_the_network if {
	request := object.union(from("caller", "acme"), {"classification": "restricted"})
	count(privacy.deny) == 0 with input as request
	count(privacy.deny) == 1 with input as object.union(request, {"network": ["api.example.org:443"]})
	count(privacy.deny) == 0 with input as object.union(request, {
		"classification": "confidential",
		"network": ["api.example.org:443"],
	})
}
