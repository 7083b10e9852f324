# Where calls may run: those of services in data.services, and those on arguments with a label in data.labels. Regions are
# what the operator says of the node (CRANK_REGION). A node elsewhere denies the call.
package crank.placement

required contains {"residency": data.services[input.resource.service]}

required contains data.labels[input.classification]
