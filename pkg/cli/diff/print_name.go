package diff

import (
	"io"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/impact"
	"github.com/carto-run/carto/pkg/table"
)

// Formats that the command prints itself.
const (
	formatText = "text"
	formatName = "name"
)

// writeNames writes the objects that would change, or the owners that are concerned, one a
// line, as kubectl takes them: kind.group/name.
func writeNames(w io.Writer, found *impact.Impact, owners bool) error {
	out := &strings.Builder{}
	for i := range found.Owners {
		owner := &found.Owners[i]
		if owners {
			out.WriteString(typed(v1alpha1.GroupVersion.String(), owner.Kind) + "/" + owner.Name + "\n")
			continue
		}
		for _, o := range owner.Objects {
			out.WriteString(typed(o.APIVersion, o.Kind) + "/" + o.Name + "\n")
		}
	}
	_, err := io.WriteString(w, printable(out.String()))
	return err
}

func typed(apiVersion, kind string) string {
	name := strings.ToLower(kind)
	if group := schema.FromAPIVersionAndKind(apiVersion, kind).Group; group != "" {
		name += "." + group
	}
	return name
}

func printable(s string) string { return table.Printable(s) }

// withoutBodies leaves the objects out.
func withoutBodies(found *impact.Impact) *impact.Impact {
	less := *found
	less.Owners = make([]impact.Owner, len(found.Owners))
	for i, owner := range found.Owners {
		objects := make([]impact.Object, len(owner.Objects))
		for j, o := range owner.Objects {
			o.Before, o.After = nil, nil
			objects[j] = o
		}
		owner.Objects = objects
		less.Owners[i] = owner
	}
	return &less
}
