package uninstall

import (
	"errors"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/streams"
	"github.com/carto-run/carto/pkg/install"
)

// TestAsk: what cannot be undone needs a word, and a person reads first how much goes.
func TestAsk(t *testing.T) {
	t.Parallel()
	everything := &found{definitions: 11, census: &install.Census{Objects: map[string]int{"workloads": 12, "clustersupplychains": 1}, Stamped: 48}}
	agent := &found{objects: []*unstructured.Unstructured{{}}}
	for _, tc := range []struct {
		reason, answer string
		found          *found
		declined       bool
		says           string
	}{
		{"the agent alone", "y\n", agent, false, "what was stamped, and all owners, stay. [y/N]: "},
		{"no", "\n", agent, true, "[y/N]"},
		{"everything", "delete-everything\n", everything, false, "clustersupplychains: 1, workloads: 12, stamped objects: 48"},
		{"yes is not enough", "y\n", everything, true, "Type delete-everything to go on: "},
		{"the word in part", "delete\n", everything, true, "It cannot be undone."},
		{"the end of the input", "", everything, true, "11 definitions"},
	} {
		s, in, _, errOut := streams.Test()
		s.SetTTY(80, 24)
		in.WriteString(tc.answer)
		o := &Options{Session: cmdutil.Session{Streams: s, Program: "kubectl carto"}, namespace: "carto-system"}
		err := o.ask(t.Context(), tc.found)
		var finding *cmdutil.FindingError
		if errors.As(err, &finding) != tc.declined {
			t.Errorf("%s: %v", tc.reason, err)
		}
		if !strings.Contains(strings.Join(strings.Fields(errOut.String()), " "), strings.TrimSpace(tc.says)) {
			t.Errorf("%s: it asks %q", tc.reason, errOut)
		}
	}
}
