# The platform's own rules: who may do what. They stand under every bundle that an account applies, which can
# only narrow them. A request passes where no reason stands against it; what is missing or unknown is a reason.
package crank.authz

import data.crank.limits

decision := {
	"allow": allow,
	"reasons": reasons,
	"obligations": obligations,
	"limits": limits.granted,
}

default allow := false

allow if {
	reachable
	granted_for_account
}

allow if {
	reachable
	granted_for_own
	is_own
}

role := object.get(input, ["principal", "role"], "")

action := object.get(input, "action", "")

# "service.call" is granted by itself and by its family, "service.*".
patterns contains action

patterns contains concat(".", [family, "*"]) if {
	[family, name] := split(action, ".")
	name != ""
}

granted_for_account if {
	some pattern in data.grants[role].account
	pattern in patterns
}

granted_for_own if {
	some pattern in data.grants[role].own
	pattern in patterns
}

is_own if {
	input.resource.principal == input.principal.id
	input.principal.id != ""
}

reachable if {
	input.principal.account == input.resource.account
	input.principal.account != ""
}

# A public service may be seen and called from every account, and nothing else crosses accounts.
reachable if {
	input.resource.public == true
	action in data.public_actions
}

reasons contains concat("", ["no rule knows the role \"", role, "\""]) if not data.grants[role]

reasons contains "it belongs to another account" if not reachable

reasons contains concat("", ["the role ", role, " may not ", action]) if {
	reachable
	data.grants[role]
	not granted_for_account
	not granted_for_own
}

reasons contains concat("", ["the role ", role, " may ", action, " for its own calls only"]) if {
	reachable
	granted_for_own
	not granted_for_account
	not is_own
}

# What belongs to others must look as if it were not there: 404, not 403.
obligations contains "hide-existence" if not reachable
