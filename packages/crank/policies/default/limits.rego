# What a call may use at most, by the role of its caller. A manifest asks (subprocesses and memory as detected at
# deployment), this caps. Only the limits named in data.caps can be granted, and no network is among them.
package crank.limits

granted := {name: least |
	role := input.principal.role
	some name, cap in data.caps[role]
	asked := input.limits[name]
	is_number(asked)
	least := min({asked, cap})
}
