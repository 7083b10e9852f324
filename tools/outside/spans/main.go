// Reads OTLP's JSON from its input, one request a line, by OpenTelemetry's own schema (go.opentelemetry.io/proto/otlp), and
// tells how many spans there are. What the schema does not have is an error.
package main

import (
	"bufio"
	"fmt"
	"os"

	tracev1 "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"
)

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64<<20)
	spans := 0
	for lines.Scan() {
		// TracesData and ExportTraceServiceRequest have the same one field.
		var data tracev1.TracesData
		if err := protojson.Unmarshal(lines.Bytes(), &data); err != nil {
			fmt.Fprintln(os.Stderr, "NOT OTLP:", err)
			os.Exit(1)
		}
		for _, resource := range data.ResourceSpans {
			for _, scope := range resource.ScopeSpans {
				for _, span := range scope.Spans {
					if span.EndTimeUnixNano < span.StartTimeUnixNano || span.Name == "" {
						fmt.Fprintln(os.Stderr, "NOT OTLP: a span without a name, or that ends before it begins")
						os.Exit(1)
					}
					spans++
				}
			}
		}
	}
	fmt.Println(spans)
}
