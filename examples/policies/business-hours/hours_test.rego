package crank.authz.hours_test

import data.crank.authz.hours

week := {
	"Monday": {"from": "08:00", "to": "18:00"},
	"Friday": {"from": "08:00", "to": "16:00"},
}

denied(time, role, service) := count(reasons) > 0 if {
	reasons := hours.deny with input as {
		"action": "service.call",
		"time": time,
		"principal": {"role": role},
		"resource": {"service": service},
	}
		with data.open as week
		with data.zone as "Europe/Berlin"
		with data.closed as ["2026-12-25"]
		with data.always as {"roles": ["owner"], "services": ["status"]}
}

test_open_by_the_clock_of_the_zone if {
	not denied("2026-11-30T07:00:00.000Z", "caller", "words")
	denied("2026-11-30T06:59:59.999Z", "caller", "words")
	not denied("2026-11-30T16:59:59.999Z", "caller", "words")
	denied("2026-11-30T17:00:00.000Z", "caller", "words")
	not denied("2026-07-06T06:30:00.000Z", "caller", "words")
}

test_closed_on_other_days if {
	denied("2026-11-29T10:00:00.000Z", "caller", "words")
	denied("2026-12-25T10:00:00.000Z", "caller", "words")
	not denied("2026-12-18T10:00:00.000Z", "caller", "words")
}

test_some_are_always_let_in if {
	not denied("2026-11-29T10:00:00.000Z", "owner", "words")
	not denied("2026-11-29T10:00:00.000Z", "caller", "status")
}

test_only_calls_are_held_up if {
	count(hours.deny) == 0 with input as {"action": "receipt.read", "time": "2026-11-29T10:00:00.000Z"}
}
