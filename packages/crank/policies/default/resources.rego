# Whether this platform gives what an account's own policy requires for a call (`required_resources`), and the limits
# that follow. A requirement raises a limit, even above the cap of the caller's role, up to data.ceiling.
# `input.required` always has memoryBytes, cpus (0: nothing required) and encryption (names).
package crank.resources

decision := {
	"allow": allow,
	"reasons": reasons,
	"obligations": obligations,
	"limits": limits,
}

default allow := false

allow if {
	input.required.memoryBytes <= data.ceiling.memoryBytes
	input.required.cpus <= data.ceiling.cpus
	every name in input.required.encryption {
		name in data.encryption
	}
}

mebibytes(bytes) := concat(" ", [format_int(ceil(bytes / 1048576), 10), "MiB"])

reasons contains concat("", [
	"memory of ",
	mebibytes(input.required.memoryBytes),
	" is required, and the most there is are ",
	mebibytes(data.ceiling.memoryBytes),
]) if {
	input.required.memoryBytes > data.ceiling.memoryBytes
}

reasons contains concat("", [
	format_int(ceil(input.required.cpus), 10),
	" CPUs are required, and the most there is are ",
	format_int(data.ceiling.cpus, 10),
]) if {
	input.required.cpus > data.ceiling.cpus
}

reasons contains concat("", ["encryption ", name, " is required, and it is not among: ", concat(", ", data.encryption)]) if {
	some name in input.required.encryption
	not name in data.encryption
}

obligations contains concat("", ["encryption:", name]) if some name in input.required.encryption

limits := object.union(input.limits, {"memoryBytes": max({input.limits.memoryBytes, input.required.memoryBytes})})
