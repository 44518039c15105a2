package spec

import (
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/carto-run/carto/pkg/stamped"
	"github.com/carto-run/carto/pkg/yamldiff"
)

// Show writes a difference under a title. It is talk: what a person reads before the
// question.
func (o *Options) Show(title string, d yamldiff.Diff) error {
	if _, err := fmt.Fprintf(o.Streams.ErrOut, "%s\n", title); err != nil {
		return err
	}
	return d.Write(o.Streams.ErrOut, o.Streams.UseErrColor())
}

// Written is the part of a workload that people write: no status, and of the metadata
// nothing that the API server keeps.
func Written(obj *unstructured.Unstructured) map[string]any {
	if obj == nil {
		return nil
	}
	written := obj.DeepCopy().Object
	delete(written, "status")
	if metadata, ok := written["metadata"].(map[string]any); ok {
		for _, field := range stamped.ServerOwned {
			delete(metadata, field)
		}
	}
	return written
}
