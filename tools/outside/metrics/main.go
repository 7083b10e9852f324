// Reads Prometheus' text format from its input with Prometheus' own parser, and looks it over as `promtool check metrics` does
// (client_golang's promlint). Tells how many families there are; what either finds is an error.
package main

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

func main() {
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		fail(err)
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(text))
	if err != nil {
		fail(err)
	}
	problems, err := promlint.New(bytes.NewReader(text)).Lint()
	if err != nil {
		fail(err)
	}
	for _, problem := range problems {
		fail(fmt.Errorf("%s: %s", problem.Metric, problem.Text))
	}
	fmt.Println(len(families))
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "NOT metrics:", err)
	os.Exit(1)
}
