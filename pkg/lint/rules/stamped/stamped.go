// Package stamped holds the rules about bodies that need to know the kind of the object that is stamped
// (of the family TPL).
package stamped

import (
	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/manifest"
	"github.com/carto-run/carto/pkg/schema"
)

// Rules of the family that are here.
var Rules = []*lint.Rule{structuredValue, brokenSchema, unknownKind, clusterScoped, oldVersion, mixedText}

// fieldOf is the schema of the field of the body that a tag is in; nil when nothing is known
// of it.
func fieldOf(p *lint.Pass, t *lint.Template, read *lint.Read) *schema.Schema {
	kind := p.StampedKind(t)
	if kind == nil || t.Body == nil || read.Key || read.Field == "" {
		return nil
	}
	answer := kind.Schema.Field(manifest.Names(read.Field)...)
	if answer.Possible != schema.Yes || answer.Schema.Type == schema.Any && !answer.Schema.IntOrString {
		return nil
	}
	return answer.Schema
}
