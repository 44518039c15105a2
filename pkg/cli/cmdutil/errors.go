package cmdutil

import (
	"errors"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/carto-run/carto/pkg/collect"
)

// UsageError is a fault in what the person typed: the program could not run.
type UsageError struct{ Err error }

func (e *UsageError) Error() string { return e.Err.Error() }
func (e *UsageError) Unwrap() error { return e.Err }

// Usagef makes a UsageError.
func Usagef(format string, args ...any) error {
	return &UsageError{fmt.Errorf(format, args...)}
}

// Usage joins all faults that a Validate found into one UsageError; nil when there are
// none.
func Usage(faults []error) error {
	var found []error
	for _, f := range faults {
		if f != nil {
			found = append(found, f)
		}
	}
	switch len(found) {
	case 0:
		return nil
	case 1:
		return &UsageError{found[0]}
	}
	lines := make([]string, 0, len(found))
	for _, f := range found {
		lines = append(lines, "  - "+f.Error())
	}
	return &UsageError{fmt.Errorf("%d faults:\n%s", len(found), strings.Join(lines, "\n"))}
}

// FindingError is an answer that is no: not ready, failed, not found, declined. The
// program ran.
type FindingError struct{ Err error }

func (e *FindingError) Error() string { return e.Err.Error() }
func (e *FindingError) Unwrap() error { return e.Err }

// Findingf makes a FindingError.
func Findingf(format string, args ...any) error {
	return &FindingError{fmt.Errorf(format, args...)}
}

// CouldNotRunError is the failure of a command whose finding is something else: whatever
// the API server answered, the question has no answer.
type CouldNotRunError struct{ Err error }

func (e *CouldNotRunError) Error() string { return e.Err.Error() }
func (e *CouldNotRunError) Unwrap() error { return e.Err }

// ErrSilent is a finding that has been printed already.
var ErrSilent = &FindingError{errors.New("silent")}

// Explain says what was attempted on which object, and what to run next where that is
// known. what reads like "create workload shop/cart".
func Explain(program, what string, err error) error {
	if err == nil {
		return nil
	}
	if collect.MissingKind(err) {
		return fmt.Errorf("cannot %s: the cluster does not know carto.run/v1alpha1; run: %s install --crds-only: %w", what, program, err)
	}
	return fmt.Errorf("cannot %s: %w", what, err)
}

// MissingNamespace returns the namespace that the API server says does not exist; empty
// when err is something else. Without this a missing namespace would be reported as a
// missing workload.
func MissingNamespace(err error) string {
	var status apierrors.APIStatus
	if !apierrors.IsNotFound(err) || !errors.As(err, &status) {
		return ""
	}
	if d := status.Status().Details; d != nil && d.Kind == "namespaces" {
		return d.Name
	}
	return ""
}
