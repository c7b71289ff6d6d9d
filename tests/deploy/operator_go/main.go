// Reads ServiceMonitors and PrometheusRules (YAML documents on standard input) with the Prometheus operator's own types, unknown
// fields refused, and every expression with Prometheus' own parser. Prints one line for each mistake and exits 1 when there is one.
package main

import (
	"bytes"
	"fmt"
	"io"
	"os"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"github.com/prometheus/prometheus/promql/parser"

	strict "sigs.k8s.io/yaml"
)

func main() {
	input, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	wrong, seen := 0, 0
	complain := func(format string, arguments ...any) {
		wrong++
		fmt.Printf(format+"\n", arguments...)
	}
	for _, document := range bytes.Split(input, []byte("\n---\n")) {
		var kind struct {
			Kind string `json:"kind"`
		}
		if err := strict.Unmarshal(document, &kind); err != nil {
			complain("%v", err)
			continue
		}
		seen++
		switch kind.Kind {
		case "ServiceMonitor":
			var monitor monitoring.ServiceMonitor
			if err := strict.UnmarshalStrict(document, &monitor); err != nil {
				complain("%v", err)
			}
		case "PrometheusRule":
			var rule monitoring.PrometheusRule
			if err := strict.UnmarshalStrict(document, &rule); err != nil {
				complain("%v", err)
			}
			for _, group := range rule.Spec.Groups {
				for _, one := range group.Rules {
					if _, err := parser.NewParser(parser.Options{}).ParseExpr(one.Expr.String()); err != nil {
						complain("%s: %v", one.Alert, err)
					}
				}
			}
		default:
			complain("%q is neither a ServiceMonitor nor a PrometheusRule", kind.Kind)
		}
	}
	fmt.Printf("%d documents, %d mistakes\n", seen, wrong)
	if wrong > 0 || seen == 0 {
		os.Exit(1)
	}
}
