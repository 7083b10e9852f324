package crank.approval.four_eyes_test

import data.crank.approval.four_eyes

waits(service, operation, content) := count(reasons) > 0 if {
	reasons := four_eyes.required with input as {
		"resource": {"service": service, "operation": operation},
		"content": content,
	}
		with data.operations as ["payments.refund"]
		with data.amounts as {"payments.transfer": {"argument": "amount", "above": 10000}}
}

test_named_operations_wait if {
	waits("payments", "refund", {"amount": 1})
	not waits("payments", "list", {})
	not waits("other", "refund", {})
}

test_large_amounts_wait if {
	waits("payments", "transfer", {"amount": 10001})
	not waits("payments", "transfer", {"amount": 10000})
}

test_what_is_no_number_waits if {
	waits("payments", "transfer", {"amount": "10"})
	waits("payments", "transfer", {})
}
