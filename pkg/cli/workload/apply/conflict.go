package apply

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/table"
)

// conflict is a field that another manager owns.
type conflict struct{ field, manager string }

var quotedManager = regexp.MustCompile(`conflict with "([^"]+)"`)

// conflictsOf reads the conflicts from the API server's answer to an apply. A conflict of
// versions has none.
func conflictsOf(err error) []conflict {
	var status apierrors.APIStatus
	if !apierrors.IsConflict(err) || !errors.As(err, &status) || status.Status().Details == nil {
		return nil
	}
	var all []conflict
	for _, cause := range status.Status().Details.Causes {
		if cause.Type != metav1.CauseTypeFieldManagerConflict {
			continue
		}
		name := cause.Message
		if m := quotedManager.FindStringSubmatch(cause.Message); m != nil {
			name = m[1]
		}
		all = append(all, conflict{cause.Field, name})
	}
	return all
}

// ofOthers leaves out those with what create made, and with what is adopted: they are ours.
func ofOthers(found []conflict, all []manager, self string) []conflict {
	return slices.DeleteFunc(slices.Clone(found), func(c conflict) bool {
		return c.manager == self ||
			slices.ContainsFunc(all, func(m manager) bool { return m.adopted && m.entry.Manager == c.manager })
	})
}

// conflictError names each field and who manages it, and the way out.
func conflictError(what string, all []conflict) error {
	var lines []string
	for _, c := range all {
		line := fmt.Sprintf("  %s is managed by %s", table.Printable(c.field), table.Printable(c.manager))
		if !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return cmdutil.Findingf("cannot %s: others manage what would change:\n%s\nchange it there, or take it over by --force-conflicts", what, strings.Join(lines, "\n"))
}
