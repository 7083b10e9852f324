# What services may reach: nothing but what data.services says, for calls on arguments that are not confidential. All that a
# manifest asks for has to be granted, and to lie within what the operator opened (CRANK_EGRESS).
package crank.egress

allow contains destination if {
	some destination in data.services[input.resource.service]
	not object.get(input, "classification", "public") in {"confidential", "restricted"}
}
