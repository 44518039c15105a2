package cmdutil

import (
	"context"

	"github.com/spf13/cobra"
)

// Command is what the options of every verb can do, in this order: fill in what the
// arguments leave open, check everything at once, and work.
type Command interface {
	Complete(cmd *cobra.Command, args []string) error
	Validate() error
	Run(ctx context.Context) error
}

// follower is a command that goes on for as long as somebody reads what it writes.
type follower interface {
	Follows() bool
	MindReader() (stop func())
}

// RunE drives a command; runF, when set, replaces the work in tests.
func RunE[O Command](o O, runF func(context.Context, O) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if err := o.Complete(cmd, args); err != nil {
			return err
		}
		if err := o.Validate(); err != nil {
			return err
		}
		if runF != nil {
			return runF(cmd.Context(), o)
		}
		if f, ok := any(o).(follower); ok && f.Follows() {
			defer f.MindReader()()
		}
		return o.Run(cmd.Context())
	}
}
