# Personal data leaves for those who need it only. Apply with `crank policy apply examples/policies/privacy`.
#
# - Nobody is answered with cards, account numbers, numbers of persons, or keys and passwords in clear.
# - Addresses and telephone numbers are tokens; owners may have them back with `crank detokenise`.
# - What data.fields names is taken out for its place, since no detector knows names of people.
# - Arguments that carry such data are restricted, and stay out of services that reach the network.
package crank.privacy

redact contains {"detect": ["card", "iban", "national-id", "secret", "crypto-address"], "action": "mask"}

redact contains {"detect": ["email", "phone"], "action": "tokenise"} if not trusted

redact contains {"fields": field, "action": "drop"} if {
	some field in data.fields
	not trusted
}

# Dates of birth single people out beside little else.
redact contains {"detect": ["birth-date"], "action": "mask", "min_score": 0.8}

classify contains {"detect": ["card", "iban", "national-id", "secret"], "label": "restricted"}

classify contains {"detect": ["email", "phone", "birth-date"], "label": "confidential"}

deny contains "restricted data stays out of services that reach the network" if {
	input.point == "input"
	input.classification == "restricted"
	input.network
}

# Owners of the account see contact data as it is.
trusted if {
	input.principal.role == "owner"
	input.principal.account == input.resource.account
}
