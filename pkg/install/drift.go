package install

import (
	"context"
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/stamped"
)

// Drift is how an installation differs from what this version would install. Definitions
// are not part of it: MatchDefinition compares them.
type Drift struct {
	// Missing objects, those that Differ in a field that this version sets, and those that it
	// does not have any more.
	Missing, Differ, Left []string
}

// ReadDrift compares, by reading alone, the installation around an agent's Deployment. What
// whoever installs chooses is taken from there: image, replicas, kinds to watch, options.
func ReadDrift(ctx context.Context, client dynamic.Interface, agent *unstructured.Unstructured, version string) (*Drift, error) {
	before, err := Read(ctx, client)
	if err != nil {
		return nil, err
	}
	config := Config{Namespace: agent.GetNamespace(), Image: AgentImage(agent), Version: version, WatchKinds: before.WatchKinds,
		Options: before.optionsOf(agent)}
	config.Replicas, config.Shards = Scale(agent)
	objects, err := Objects(config)
	if err != nil {
		return nil, err
	}
	drift := &Drift{}
	for _, wanted := range objects {
		if wanted.GetKind() == definitionKind {
			continue
		}
		_, live, err := read(ctx, client, wanted)
		switch {
		case err != nil:
			return nil, err
		case live == nil:
			drift.Missing = append(drift.Missing, Name(wanted))
		case wanted.GetKind() == "Namespace" && !Marked(live):
		default:
			same, err := holds(live, wanted)
			if err != nil {
				return nil, err
			}
			if !same {
				drift.Differ = append(drift.Differ, Name(wanted))
			}
		}
	}
	left, err := Leftovers(ctx, client, config.Namespace, objects)
	if err != nil {
		return nil, err
	}
	for _, l := range left {
		drift.Left = append(drift.Left, Name(l))
	}
	return drift, nil
}

// holds tells whether a live object has every field as wanted. Replicas and versions do not
// count: an agent that is scaled to 0, or of another version, is a finding of its own.
func holds(live, wanted *unstructured.Unstructured) (bool, error) {
	text, err := json.Marshal(wanted.Object) // numbers of YAML are floating, those of the cluster are not
	if err != nil {
		return false, fmt.Errorf("compare %s: %w", Name(wanted), err)
	}
	var fields map[string]any
	if err := utiljson.Unmarshal(text, &fields); err != nil {
		return false, fmt.Errorf("compare %s: %w", Name(wanted), err)
	}
	if wanted.GetKind() == "Deployment" {
		unstructured.RemoveNestedField(fields, "spec", "replicas")
		unstructured.RemoveNestedField(fields, "metadata", "annotations", AnnotationVersion)
		if annotations, _, _ := unstructured.NestedMap(fields, "metadata", "annotations"); len(annotations) == 0 {
			unstructured.RemoveNestedField(fields, "metadata", "annotations")
		}
	}
	return equality.Semantic.DeepEqual(stamped.Merge(live.Object, fields), live.Object), nil
}
