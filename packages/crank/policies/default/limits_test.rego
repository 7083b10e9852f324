package crank.limits_test

import data.crank.authz
import data.crank.limits

asked := {
	"wallMs": 60000, "cpuMs": 30000, "memoryBytes": 536870912, "outputBytes": 8388608,
	"fileBytes": 268435456, "tmpBytes": 268435456, "subprocesses": 0, "threads": 32,
}

granted(role, more) := result if {
	result := limits.granted with input as {"principal": {"role": role}, "limits": object.union(asked, more)}
}

test_defaults_are_granted_as_asked if every role in {"owner", "developer", "caller"} {
	granted(role, {}) == asked
}

test_detected_needs_are_granted_up_to_the_cap if {
	granted("caller", {"subprocesses": 4, "memoryBytes": 1073741824}) == object.union(asked, {"subprocesses": 4, "memoryBytes": 1073741824})
	granted("caller", {"subprocesses": 1000}).subprocesses == 32
	every role in {"owner", "developer", "caller"} {
		granted(role, {"memoryBytes": 4294967296}).memoryBytes == 2147483648
	}
}

test_caller_is_capped_lower if {
	granted("owner", {"wallMs": 3000000}).wallMs == 3000000
	granted("caller", {"wallMs": 3000000}).wallMs == 900000
}

test_network_is_never_granted if {
	granted("owner", {"network": true, "egress": ["example.org"], "networkBytes": 1}) == asked
}

test_nonsense_is_not_granted if {
	granted("owner", {"memoryBytes": "all"}) == object.remove(asked, ["memoryBytes"])
}

test_auditor_gets_none if granted("auditor", {}) == {}

test_part_of_the_decision if {
	decision := authz.decision with input as {
		"action": "service.call",
		"principal": {"id": "key_1", "account": "acme", "role": "caller"},
		"resource": {"type": "operation", "account": "acme"},
		"limits": object.union(asked, {"memoryBytes": 4294967296}),
	}
	decision.allow
	decision.limits.memoryBytes == 2147483648
}
