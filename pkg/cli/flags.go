package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/near"
)

// flagError words a fault of a flag, and finds the flag that may have been meant.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() == "" {
		var known []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
		if meant := near.Names(unknown.GetSpecifiedName(), known); len(meant) > 0 {
			err = fmt.Errorf("%w; did you mean --%s?", err, meant[0])
		}
	}
	return &cmdutil.UsageError{Err: err}
}

// synonyms lets people write flags as they know them from elsewhere: kubectl has
// --filename, others have --file.
func synonyms(_ *pflag.FlagSet, name string) pflag.NormalizedName {
	if name == "file" {
		name = "filename"
	}
	return pflag.NormalizedName(name)
}
