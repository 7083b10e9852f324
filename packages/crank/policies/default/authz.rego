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
	within_scope
	not outlasting
}

allow if {
	reachable
	granted_for_own
	is_own
	within_scope
	not outlasting
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

# A token may be for less than its role: then one of its scopes covers the request, or nothing does.
within_scope if object.get(input, ["principal", "scopes"], "") == ""

within_scope if {
	some scope in input.principal.scopes
	covers(scope)
}

# "service.call" is any service's; "service.call:words" is that of one service, "service.call:words.count" of one operation.
covers(scope) if scope in patterns

covers(scope) if {
	[pattern, target] := split(scope, ":")
	pattern in patterns
	target in targets
}

targets contains input.resource.service if input.resource.account == input.principal.account

targets contains concat(".", [input.resource.service, input.resource.operation]) if {
	input.resource.account == input.principal.account
}

# A short-lived credential makes nothing that goes on in its name when it has ended.
outlasting if {
	some sort in ["token", "issuer"]
	input.principal.credential == sort
	action in data.outlasting[sort]
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

reasons contains concat("", ["the token's scopes do not cover ", action]) if {
	reachable
	not within_scope
}

reasons contains concat("", [action, " outlasts a short-lived token: use a key"]) if {
	reachable
	outlasting
}

# What belongs to others must look as if it were not there: 404, not 403.
obligations contains "hide-existence" if not reachable
