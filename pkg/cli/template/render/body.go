package render

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/manifest"
	"github.com/carto-run/carto/pkg/stamp"
	"github.com/carto-run/carto/pkg/ytt"
)

// renderBody renders an object with $(…)$ tags; the values are the whole context.
func (o *Options) renderBody(ctx context.Context, values *ytt.Values) error {
	docs, err := o.documents(ctx, o.Files)
	if err != nil {
		return err
	}
	if len(docs) != 1 {
		return cmdutil.Findingf("%s: holds %d documents; a template makes one object", o.Files[0], len(docs))
	}
	body, err := json.Marshal(docs[0].Object)
	if err != nil {
		return err
	}
	template := stamp.Compile(&v1alpha1.ClusterTemplate{
		ObjectMeta: metav1.ObjectMeta{Name: docs[0].File},
		Spec:       v1alpha1.TemplateSpec{Template: &v1alpha1.FreeForm{Raw: body}},
	})
	if err := faultsOf(docs[0], template, "spec.template."); err != nil {
		return err
	}
	object, err := template.RenderValues(ctx, values.Object())
	if err != nil {
		return finding(docs[0].Errorf(locationOf(err), "%w", err), "")
	}
	return o.print(object)
}

// documents reads all objects of files.
func (o *Options) documents(ctx context.Context, files []string) ([]*manifest.Document, error) {
	docs, faults, err := manifest.ReadAll(ctx, o.Streams, files)
	if len(faults) > 0 {
		return nil, &cmdutil.FindingError{Err: errors.Join(faults...)}
	}
	return docs, err
}

// faultsOf are the faults of a template that show without rendering it. prefix is what
// the file leaves out of the paths of fields.
func faultsOf(doc *manifest.Document, template *stamp.Template, prefix string) error {
	problems := template.Problems()
	if len(problems) == 0 {
		return nil
	}
	lines := make([]string, len(problems))
	for i, p := range problems {
		err := doc.Errorf(strings.TrimPrefix(p.Field, prefix), "%s: %s", p.Field, p.Message)
		if p.Line > 0 {
			err = doc.ErrorInText(p.Field, p.Line, p.Message)
		}
		lines[i] = err.Error()
	}
	return cmdutil.Findingf("%s", strings.Join(lines, "\n"))
}
