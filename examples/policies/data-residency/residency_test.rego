package crank.placement_test

import data.crank.placement

with_data := {
	"services": {"payroll": ["de"]},
	"labels": {"restricted": {"residency": ["eu"], "isolation": ["fresh"]}},
}

required(service, label) := wanted if {
	wanted := placement.required with input as {"resource": {"service": service}, "classification": label}
		with data.services as with_data.services
		with data.labels as with_data.labels
}

test_services_have_a_place if {
	required("payroll", "public") == {{"residency": ["de"]}}
	required("words", "public") == set()
}

test_labels_have_one_too if {
	required("payroll", "restricted") == {{"residency": ["de"]}, {"residency": ["eu"], "isolation": ["fresh"]}}
}
