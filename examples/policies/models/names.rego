# A model that is named in the arguments ("model") of any service is one of data.names.
package crank.models

deny contains sprintf("the model %v is not on the list", [input.content.model]) if {
	input.point == "input"
	not input.content.model in data.names
}
