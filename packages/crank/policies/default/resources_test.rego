package crank.resources_test

import data.crank.resources

nothing := {"memoryBytes": 0, "cpus": 0, "encryption": []}

decide(more) := decision if {
	decision := resources.decision with input as {
		"required": object.union(nothing, more),
		"limits": {"memoryBytes": 536870912, "wallMs": 60000},
	}
}

test_raises_memory if {
	decide({"memoryBytes": 4294967296, "cpus": 2, "encryption": ["AES-256"]}) == {
		"allow": true,
		"reasons": set(),
		"obligations": {"encryption:AES-256"},
		"limits": {"memoryBytes": 4294967296, "wallMs": 60000},
	}
}

test_never_lowers if decide({"memoryBytes": 1024, "encryption": []}).limits.memoryBytes == 536870912

test_memory_not_asked if decide({"cpus": 1, "encryption": []}).limits == {"memoryBytes": 536870912, "wallMs": 60000}

test_above_the_ceiling if {
	decision := decide({"memoryBytes": 1099511627776, "encryption": []})
	not decision.allow
	decision.reasons == {"memory of 1048576 MiB is required, and the most there is are 8192 MiB"}
}

test_too_many_cpus if decide({"cpus": 16.5, "encryption": []}).reasons == {"17 CPUs are required, and the most there is are 16"}

test_unknown_encryption if not decide({"encryption": ["ROT13"]}).allow

test_nonsense_is_refused if {
	not decide({"memoryBytes": "all"}).allow
	not decide({"cpus": null, "memoryBytes": "1"}).allow
	not resources.decision.allow with input as {"limits": {"memoryBytes": 1}}
}
