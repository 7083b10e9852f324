package crank.models_test

import data.crank.authz.models
import data.crank.models as names

denied(service, version, runtime) := count(reasons) > 0 if {
	reasons := models.deny with input as {
		"action": "service.call",
		"resource": {"service": service, "version": version, "runtime": runtime},
	}
		with data.models as {"classifier": [], "ranker": ["sha256:aa"]}
}

test_models_are_on_the_list if {
	not denied("classifier", "sha256:12", "model")
	denied("other", "sha256:12", "model")
	not denied("other", "sha256:12", "python")
}

test_versions_are_where_some_are_listed if {
	not denied("ranker", "sha256:aabb", "model")
	denied("ranker", "sha256:bbaa", "model")
}

test_named_models_are_on_the_list if {
	named := {"point": "input", "content": {"model": "large"}}
	count(names.deny) == 1 with input as named with data.names as ["small"]
	count(names.deny) == 0 with input as named with data.names as ["small", "large"]
	count(names.deny) == 0 with input as {"point": "input", "content": {"text": "x"}} with data.names as ["small"]
}
