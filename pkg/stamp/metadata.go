package stamp

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/api/validate/content"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// Identity says for whom, and by which template, an object is stamped.
type Identity struct {
	OwnerKind, OwnerName, OwnerNamespace, OwnerUID string
	BlueprintName, Resource                        string // empty for a Runnable
	TemplateKind, TemplateName                     string
	Lifecycle                                      v1alpha1.Lifecycle
}

// Labels are those that Carto sets on the object (spec: reconcile §9.2).
func Labels(id Identity) map[string]string {
	if id.OwnerKind == v1alpha1.KindRunnable {
		return map[string]string{v1alpha1.LabelRunnableName: id.OwnerName, v1alpha1.LabelRunTemplateName: id.TemplateName}
	}
	labels := map[string]string{
		v1alpha1.LabelResourceName:      id.Resource,
		v1alpha1.LabelTemplateKind:      id.TemplateKind,
		v1alpha1.LabelTemplateName:      id.TemplateName,
		v1alpha1.LabelTemplateLifecycle: string(id.Lifecycle),
	}
	if id.OwnerKind == v1alpha1.KindDeliverable {
		labels[v1alpha1.LabelDeliverableName] = id.OwnerName
		labels[v1alpha1.LabelDeliverableNamespace] = id.OwnerNamespace
		labels[v1alpha1.LabelDeliveryName] = id.BlueprintName
		return labels
	}
	labels[v1alpha1.LabelWorkloadName] = id.OwnerName
	labels[v1alpha1.LabelWorkloadNamespace] = id.OwnerNamespace
	labels[v1alpha1.LabelSupplyChainName] = id.BlueprintName
	return labels
}

// Own makes the object the owner's: its namespace, one controller reference, and the
// labels, which win over the template's (spec: reconcile §9.1). Errors are
// *RenderError.
func Own(object map[string]any, id Identity, labels map[string]string) error {
	metadata, ok := object["metadata"].(map[string]any)
	if !ok {
		if object["metadata"] != nil {
			return &RenderError{Location: "metadata", Err: fmt.Errorf("it must be an object, but is %s", kindOf(object["metadata"]))}
		}
		metadata = map[string]any{}
		object["metadata"] = metadata
	}
	for _, key := range []string{"name", "generateName"} {
		if _, isString := metadata[key].(string); metadata[key] != nil && !isString {
			return &RenderError{Location: "metadata." + key, Err: fmt.Errorf("it must be a string, but is %s", kindOf(metadata[key]))}
		}
	}
	switch namespace := metadata["namespace"]; namespace {
	case nil, "", id.OwnerNamespace:
		metadata["namespace"] = id.OwnerNamespace
	default:
		return &RenderError{Location: "metadata.namespace", Err: fmt.Errorf("objects are stamped into the namespace of their owner, %q, but the template asks for %v; leave it out", id.OwnerNamespace, namespace)}
	}
	all, ok := metadata["labels"].(map[string]any)
	if !ok {
		if metadata["labels"] != nil {
			return &RenderError{Location: "metadata.labels", Err: fmt.Errorf("it must be an object, but is %s", kindOf(metadata["labels"]))}
		}
		all = make(map[string]any, len(labels))
		metadata["labels"] = all
	}
	for key, value := range labels {
		all[key] = value
	}
	if _, ok := metadata["annotations"].(map[string]any); !ok && metadata["annotations"] != nil {
		return &RenderError{Location: "metadata.annotations", Err: fmt.Errorf("it must be an object, but is %s", kindOf(metadata["annotations"]))}
	}
	metadata["ownerReferences"] = []any{map[string]any{
		"apiVersion": v1alpha1.GroupVersion.String(), "kind": id.OwnerKind, "name": id.OwnerName, "uid": id.OwnerUID,
		"controller": true, "blockOwnerDeletion": true,
	}}
	return nil
}

// Limits of the names of runs: like the API server, cut what they begin with rather than
// refuse it.
const (
	maxRunBase = 63 - runSuffix
	runSuffix  = 8
)

// CheckName says whether an object that is kept up to date has the fixed name that it
// needs. Errors are *RenderError.
func CheckName(object map[string]any) error {
	metadata, _ := object["metadata"].(map[string]any)
	name, _ := metadata["name"].(string)
	if name == "" {
		return &RenderError{Err: errors.New("metadata.name is empty: an object that is kept up to date needs a fixed name; set metadata.name (generateName is for the lifecycles immutable and tekton)")}
	}
	// It becomes a part of the request's path, where it could lead to another namespace, or
	// to a subresource.
	if faults := content.IsPathSegmentName(name); len(faults) > 0 {
		return &RenderError{Location: "metadata.name", Err: fmt.Errorf("%q can not be a name: it %s", name, strings.Join(faults, ", and it "))}
	}
	return nil
}

// NumberRun makes a rendered object the next run of its resource: it carries its digest,
// its place in the order and further annotations, and has a name. The name follows from both, so that asking
// twice, after an answer was lost, makes one object. Errors are *RenderError.
func NumberRun(object map[string]any, owner, digest string, sequence int64, more map[string]string) error {
	metadata, ok := object["metadata"].(map[string]any)
	if !ok {
		return &RenderError{Location: "metadata", Err: errors.New("it must be an object")}
	}
	annotations, ok := metadata["annotations"].(map[string]any)
	if !ok {
		annotations = map[string]any{}
		metadata["annotations"] = annotations
	}
	for key, value := range more {
		annotations[key] = value
	}
	annotations[v1alpha1.AnnotationDigest] = digest
	annotations[v1alpha1.AnnotationSequence] = strconv.FormatInt(sequence, 10)
	if name, _ := metadata["name"].(string); name != "" {
		return nil
	}
	base, _ := metadata["generateName"].(string)
	if base == "" {
		return &RenderError{Location: "metadata", Err: errors.New("it needs a name, or rather a generateName: every change of what is stamped makes another object")}
	}
	if len(base) > maxRunBase {
		base = base[:maxRunBase]
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %v %s %d", owner, metadata["labels"], digest, sequence))
	metadata["name"] = base + hex.EncodeToString(sum[:])[:runSuffix]
	return nil
}

// Digest identifies a rendered object: sha256:HEX of its JSON with sorted keys.
func Digest(object map[string]any) string {
	encoded, err := json.Marshal(object)
	if err != nil {
		// Rendered objects are decoded JSON, which always encodes.
		panic(fmt.Sprintf("encode a rendered object: %v", err))
	}
	sum := sha256.Sum256(encoded)
	return "sha256:" + hex.EncodeToString(sum[:])
}
