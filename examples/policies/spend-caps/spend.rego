# What calls may cost. Each key may spend what data.caps says for its role within a period; a call that may cost more than
# data.approve_above_usd waits for a second person, and one above data.deny_above_usd is refused. What a call may cost
# is known from its limit on CPU time before it runs.
package crank.spend

cap contains object.union(data.caps[input.principal.role], {"name": input.principal.role})

approval contains sprintf("it may cost %v USD", [input.spend.at_most_usd]) if {
	input.spend.at_most_usd > data.approve_above_usd
	not too_dear
}

deny contains sprintf("it may cost %v USD, and the most for one call is %v USD", [input.spend.at_most_usd, data.deny_above_usd]) if {
	input.point == "input"
	too_dear
}

too_dear if input.spend.at_most_usd > data.deny_above_usd
