package crank.authz_test

import data.crank.authz

principal(role) := {"id": "key_1", "name": "k", "kind": "user", "account": "acme", "role": role}

roles := {"owner", "developer", "caller", "auditor", "operator"}

members := roles - {"operator"}

allowed(role, action, resource) if {
	authz.decision.allow with input as {"action": action, "principal": principal(role), "resource": resource}
}

who(action, resource) := {role | some role in roles; allowed(role, action, resource)}

own(type) := {"type": type, "account": "acme", "principal": "key_1"}

others(type) := {"type": type, "account": "acme", "principal": "key_2"}

foreign(type) := {"type": type, "account": "other", "principal": "key_9"}

# One line per action: who may on something of the account that somebody else made, and who on what is one's own.
table := [
	["service.call", {"owner", "developer", "caller"}, {"owner", "developer", "caller"}],
	["code.run", {"owner", "developer"}, {"owner", "developer"}],
	["service.deploy", {"owner", "developer"}, {"owner", "developer"}],
	["service.remove", {"owner", "developer"}, {"owner", "developer"}],
	["service.read", members, members],
	["call.read", {"owner", "developer", "auditor"}, members],
	["call.cancel", {"owner", "developer"}, {"owner", "developer", "caller"}],
	["receipt.read", {"owner", "developer", "auditor"}, members],
	["usage.read", {"owner", "developer", "auditor"}, members],
	["log.read", roles, roles],
	["key.create", {"owner"}, {"owner"}],
	["key.read", {"owner", "auditor"}, {"owner", "auditor"}],
	["key.revoke", {"owner"}, {"owner"}],
	["policy.apply", {"owner"}, {"owner"}],
	["policy.read", {"owner", "developer", "auditor"}, {"owner", "developer", "auditor"}],
	["policy.remove", {"owner"}, {"owner"}],
	["secret.set", {"owner", "developer"}, {"owner", "developer"}],
	["secret.read", {"owner", "developer"}, {"owner", "developer"}],
	["secret.remove", {"owner", "developer"}, {"owner", "developer"}],
	["budget.create", {"owner"}, {"owner"}],
	["budget.read", {"owner", "developer", "auditor"}, {"owner", "developer", "auditor"}],
	["budget.change", {"owner"}, {"owner"}],
	["budget.remove", {"owner"}, {"owner"}],
	["schedule.create", {"owner", "developer"}, {"owner", "developer"}],
	["schedule.read", {"owner", "developer", "auditor"}, {"owner", "developer", "auditor"}],
	["schedule.change", {"owner", "developer"}, {"owner", "developer"}],
	["schedule.run", {"owner", "developer"}, {"owner", "developer"}],
	["schedule.remove", {"owner", "developer"}, {"owner", "developer"}],
	["webhook.create", {"owner", "developer"}, {"owner", "developer"}],
	["webhook.read", {"owner", "developer", "auditor"}, {"owner", "developer", "auditor"}],
	["webhook.remove", {"owner", "developer"}, {"owner", "developer"}],
	["token.create", roles, roles],
	["issuer.create", {"owner"}, {"owner"}],
	["issuer.read", {"owner", "auditor"}, {"owner", "auditor"}],
	["issuer.remove", {"owner"}, {"owner"}],
	["account.create", {"owner", "operator"}, {"owner", "operator"}],
	["account.read", {"owner", "operator"}, {"owner", "operator"}],
	["account.usage", {"owner", "operator"}, {"owner", "operator"}],
	["node.rotate", {"owner", "operator"}, {"owner", "operator"}],
	["key.rotate", {"owner", "operator"}, {"owner", "operator"}],
	["key.witness", {"owner", "operator"}, {"owner", "operator"}],
	["privacy.reveal", {"owner"}, {"owner"}],
	["no.such", set(), set()],
	["*", set(), set()],
	["service", set(), set()],
	["service.", set(), set()],
	["service.call.x", set(), set()],
	["", set(), set()],
]

test_table_for_what_others_made if every row in table {
	who(row[0], others("x")) == row[1]
}

test_table_for_what_is_ones_own if every row in table {
	who(row[0], own("x")) == row[2]
}

test_nothing_crosses_accounts if every row in table {
	who(row[0], foreign("x")) == set()
}

test_public_service_may_be_called_and_read_only if {
	public := object.union(foreign("service"), {"public": true})
	who("service.call", public) == {"owner", "developer", "caller"}
	who("service.read", public) == members
	who("service.deploy", public) == set()
	who("service.remove", public) == set()
	who("receipt.read", public) == set()
}

test_public_must_be_true_itself if {
	who("service.call", object.union(foreign("service"), {"public": "true"})) == set()
	who("service.call", object.union(foreign("service"), {"public": 1})) == set()
}

test_foreign_is_hidden if {
	decision := authz.decision with input as {"action": "call.read", "principal": principal("owner"), "resource": foreign("call")}
	not decision.allow
	decision.reasons == {"it belongs to another account"}
	decision.obligations == {"hide-existence"}
}

test_reason_names_role_and_action if {
	decision := authz.decision with input as {"action": "key.create", "principal": principal("caller"), "resource": own("key")}
	decision.reasons == {"the role caller may not key.create"}
	decision.obligations == set()
}

test_reason_for_calls_of_others if {
	decision := authz.decision with input as {"action": "call.read", "principal": principal("caller"), "resource": others("call")}
	decision.reasons == {"the role caller may call.read for its own calls only"}
}

test_unknown_role if not allowed("root", "service.read", own("service"))

test_empty_account_is_nobodys if {
	not authz.decision.allow with input as {
		"action": "service.read",
		"principal": {"id": "key_1", "account": "", "role": "owner"},
		"resource": {"type": "service", "account": ""},
	}
}

test_empty_ids_own_nothing if {
	not authz.decision.allow with input as {
		"action": "call.read",
		"principal": {"id": "", "account": "acme", "role": "caller"},
		"resource": {"type": "call", "account": "acme", "principal": ""},
	}
}

test_missing_parts_deny if {
	not authz.decision.allow with input as {}
	not authz.decision.allow with input as {"action": "service.call"}
	not authz.decision.allow with input as {"action": "service.call", "principal": principal("owner")}
	not authz.decision.allow with input as {"principal": principal("owner"), "resource": own("service")}
}

scoped(scopes) := object.union(principal("developer"), {"scopes": scopes, "credential": "token"})

within(scopes, action, resource) if {
	authz.decision.allow with input as {"action": action, "principal": scoped(scopes), "resource": object.union(own("x"), resource)}
}

test_scopes_narrow if {
	within(["service.call"], "service.call", {"service": "words", "operation": "count"})
	within(["service.*"], "service.deploy", {"service": "words"})
	within(["service.call:words"], "service.call", {"service": "words", "operation": "count"})
	within(["service.call:words.count"], "service.call", {"service": "words", "operation": "count"})
	within(["call.read", "service.*:words"], "service.read", {"service": "words"})
	not within([], "service.call", {"service": "words", "operation": "count"})
	not within(["service.call:words"], "service.call", {"service": "word", "operation": "s"})
	not within(["service.call:words.count"], "service.call", {"service": "words", "operation": "other"})
	not within(["service.call:words.count"], "service.call", {"service": "words"})
	not within(["service.read"], "service.call", {"service": "words", "operation": "count"})
	not within(["service.call:words"], "service.read", {})
	not within(["*", "*:words", "service", "service.call:", ":words", "service.call:words:x"], "service.call", {"service": "words"})
}

test_scopes_never_widen if not within(["key.create", "policy.apply"], "policy.apply", {})

test_scopes_name_services_of_the_account_only if {
	not authz.decision.allow with input as {
		"action": "service.call",
		"principal": scoped(["service.call:words"]),
		"resource": {"type": "service", "account": "other", "service": "words", "public": true},
	}
}

test_scopes_of_no_list_cover_nothing if {
	not within(null, "service.call", {"service": "words"})
	not within(false, "service.call", {"service": "words"})
	not within("service.call", "service.call", {"service": "words"})
}

test_reason_for_scopes if {
	decision := authz.decision with input as {"action": "call.read", "principal": scoped(["service.call"]), "resource": own("call")}
	decision.reasons == {"the token's scopes do not cover call.read"}
}

by(credential, action) if {
	authz.decision.allow with input as {
		"action": action,
		"principal": object.union(principal("owner"), {"credential": credential}),
		"resource": own("x"),
	}
}

test_nothing_outlasts_its_credential if {
	every action in ["key.create", "token.create", "schedule.create", "schedule.change", "webhook.create", "issuer.create", "account.create"] {
		not by("token", action)
		by("key", action)
	}
	every action in ["token.create", "schedule.create", "schedule.change", "webhook.create"] {
		not by("issuer", action)
	}
	by("issuer", "key.create")
	by("token", "service.deploy")
}
