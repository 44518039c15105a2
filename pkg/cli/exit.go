package cli

import (
	"context"
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/collect"
)

// Exit codes. They are part of the interface: scripts branch on them.
const (
	// ExitOK: done, and the answer is yes.
	ExitOK = 0
	// ExitFinding: the program ran and the answer is no: not ready, failed, not found,
	// exists already, refused by the API server as it was asked, declined.
	ExitFinding = 1
	// ExitCouldNotRun: bad flags, unreadable input, no cluster, no permission.
	ExitCouldNotRun = 2
	// ExitInterrupted by Ctrl-C.
	ExitInterrupted = 130
)

// ExitCode is the one place where errors become exit codes.
func ExitCode(err error) int {
	var finding *cmdutil.FindingError
	var usage *cmdutil.UsageError
	var failed *cmdutil.CouldNotRunError
	switch {
	case err == nil:
		return ExitOK
	case errors.As(err, &usage), errors.As(err, &failed) && !errors.Is(err, context.Canceled):
		return ExitCouldNotRun
	case errors.As(err, &finding):
		return ExitFinding
	case errors.Is(err, context.Canceled):
		return ExitInterrupted
	case collect.MissingKind(err), cmdutil.Unreachable(err):
		return ExitCouldNotRun
	case apierrors.IsNotFound(err), apierrors.IsAlreadyExists(err), apierrors.IsConflict(err),
		apierrors.IsInvalid(err), apierrors.IsBadRequest(err):
		return ExitFinding
	}
	return ExitCouldNotRun
}
