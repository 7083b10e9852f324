package crank.spend_test

import data.crank.spend

call(role, usd) := {"point": "input", "principal": {"role": role}, "spend": {"at_most_usd": usd}}

said(role, usd) := result if {
	result := {"cap": spend.cap, "approval": count(spend.approval), "deny": count(spend.deny)} with input as call(role, usd)
		with data.caps as {"caller": {"usd": 5, "period": "day"}}
		with data.approve_above_usd as 0.01
		with data.deny_above_usd as 1
}

test_each_role_has_its_cap if {
	said("caller", 0.001).cap == {{"usd": 5, "period": "day", "name": "caller"}}
	said("owner", 0.001).cap == set()
}

test_dear_calls_wait_and_very_dear_ones_are_refused if {
	said("caller", 0.01).approval == 0
	said("caller", 0.02).approval == 1
	said("caller", 0.02).deny == 0
	said("caller", 2).deny == 1
	said("caller", 2).approval == 0
}
