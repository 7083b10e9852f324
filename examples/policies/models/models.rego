# Models that may be used: services that are models are called where data.models lists them, and in the versions listed there
# where it lists any (beginnings of digests).
package crank.authz.models

deny contains sprintf("the model %s in the version %s is not on the list", [input.resource.service, substring(input.resource.version, 0, 19)]) if {
	input.action == "service.call"
	input.resource.runtime == "model"
	not listed
}

listed if data.models[input.resource.service] == []

listed if {
	some version in data.models[input.resource.service]
	startswith(input.resource.version, version)
}
