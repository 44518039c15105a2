package create

import (
	"errors"
	"regexp"
	"strconv"

	tea "charm.land/bubbletea/v2"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tui/screen"
)

// pathsOf are the paths in a manifest that a field fills in.
var pathsOf = map[string]string{
	"metadata.name": atName, "metadata.namespace": atNamespace, "metadata.labels": atType,
	"spec.source": atRepository, "spec.source.git.url": atRepository,
	"spec.source.git.ref.branch": atBranch, "spec.source.git.ref.tag": atTag,
	"spec.image": atImage, "spec.serviceAccountName": atServiceAccount,
}

var paramPath = regexp.MustCompile(`^spec\.params\[(\d+)\]`)

// refuse shows what the API server said, at the fields that it speaks of.
func (f *form) refuse(err error) tea.Cmd {
	f.refused, f.refusedAt = table.OneLine(err.Error()), map[string]string{}
	var status apierrors.APIStatus
	if errors.As(err, &status) {
		details := status.Status().Details
		switch status.Status().Reason {
		case metav1.StatusReasonAlreadyExists:
			f.refusedAt[atName] = "there is a workload of this name already"
		case metav1.StatusReasonNotFound:
			if details != nil && details.Kind == "namespaces" {
				f.refusedAt[atNamespace] = "there is no such namespace"
			}
		}
		if details != nil {
			for _, cause := range details.Causes {
				if at := f.fieldAt(cause.Field); at != "" {
					f.refusedAt[at] = table.OneLine(cause.Message)
				}
			}
		}
	}
	for i, x := range f.fields() {
		if f.refusedAt[x.at] != "" {
			f.page = false
			f.goTo(i)
			break
		}
	}
	return screen.Send(screen.Toast{Text: "nothing was created: the API server refuses it", Bad: true})
}

// fieldAt is the field that fills in a path; empty when there is none.
func (f *form) fieldAt(path string) string {
	found := paramPath.FindStringSubmatch(path)
	if found == nil {
		return pathsOf[path]
	}
	// Params that are left to the blueprint are not in the manifest.
	n, err := strconv.Atoi(found[1])
	for _, p := range f.draft.Params {
		if p.YAML == "" {
			continue
		}
		if n == 0 && err == nil {
			return atParam + p.Name
		}
		n--
	}
	return ""
}
