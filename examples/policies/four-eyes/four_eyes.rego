# A second person approves what is named in data.operations, and operations in data.amounts where an argument is above
# an amount. The call waits as a job until somebody else approves it: `crank job approve ID`.
package crank.approval.four_eyes

operation := sprintf("%s.%s", [input.resource.service, input.resource.operation])

required contains sprintf("%s needs a second pair of eyes", [operation]) if operation in data.operations

required contains sprintf("%s above %v needs a second pair of eyes", [operation, rule.above]) if {
	rule := data.amounts[operation]
	has_amount(rule)
	input.content[rule.argument] > rule.above
}

# What is no number could be any amount, and so could what is not there.
required contains sprintf("%s without a number as its %s needs a second pair of eyes", [operation, rule.argument]) if {
	rule := data.amounts[operation]
	not has_amount(rule)
}

has_amount(rule) if is_number(input.content[rule.argument])
