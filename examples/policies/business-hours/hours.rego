# Calls are made when the office is open: by the week in data.open, in the time zone data.zone, and not on the days in
# data.closed. Roles and services in data.always may call at any time.
package crank.authz.hours

now := time.parse_rfc3339_ns(input.time)

date := sprintf("%04d-%02d-%02d", time.date([now, data.zone]))

clock := sprintf("%02d:%02d", array.slice(time.clock([now, data.zone]), 0, 2))

open if {
	hours := data.open[time.weekday([now, data.zone])]
	clock >= hours.from
	clock < hours.to
	not date in data.closed
}

always if input.principal.role in data.always.roles

always if input.resource.service in data.always.services

deny contains sprintf("calls are made in business hours, and it is %s %s in %s", [date, clock, data.zone]) if {
	input.action == "service.call"
	not open
	not always
}
