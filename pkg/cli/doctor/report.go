package doctor

import (
	"fmt"
	"strings"
)

// Status is the outcome of a check.
type Status string

// The outcomes, from good to bad. Unknown is no fault: something could not be found out.
const (
	OK      Status = "ok"
	Unknown Status = "unknown"
	Warning Status = "warning"
	Failure Status = "failure"
)

var severity = map[Status]int{OK: 0, Unknown: 1, Warning: 2, Failure: 3}

// APIVersion of the report as JSON and YAML.
const APIVersion = "carto.run/doctor/v1"

// Report is all that was found out. Its JSON form is versioned by APIVersion.
type Report struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	// Namespace in which permissions were checked.
	Namespace string `json:"namespace"`
	// Server that was asked; empty when none is known.
	Server string `json:"server,omitempty"`
	// Status is the worst of all checks.
	Status Status   `json:"status"`
	Checks []Result `json:"checks"`
}

// Result of one check.
type Result struct {
	Check  string `json:"check"`
	Status Status `json:"status"`
	// Found is what is the case, on one line.
	Found string `json:"found"`
	// Remedies are what to run or do, one after the other.
	Remedies []string `json:"remedies,omitempty"`
}

// verdict collects what a check finds; the worst finding decides.
type verdict struct {
	status   Status
	found    []string
	remedies []string
}

// addf adds a finding; without a remedy where that is empty.
func (v *verdict) addf(status Status, remedy, format string, args ...any) {
	if v.status == "" || severity[status] > severity[v.status] {
		v.status = status
	}
	v.found = append(v.found, fmt.Sprintf(format, args...))
	if remedy != "" {
		v.remedies = append(v.remedies, remedy)
	}
}

func (v *verdict) result(check string) Result {
	return Result{Check: check, Status: v.status, Found: strings.Join(v.found, "; "), Remedies: v.remedies}
}
