package spec

import (
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// extensionsAnnotation holds the namespaces of service claims, for which the API has no
// field (spec: cli §2.2). Existing service controllers read it under this name.
const extensionsAnnotation = "serviceclaims.supplychain.apps.x-tanzu.vmware.com/extensions"

// extensions is the JSON in that annotation.
type extensions struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Spec       struct {
		ServiceClaims map[string]claimExtension `json:"serviceClaims,omitempty"`
	} `json:"spec"`
}

type claimExtension struct {
	Namespace string `json:"namespace,omitempty"`
}

func (o *Options) layerClaims(l *layering) {
	namespaces := map[string]claimExtension{}
	raw, had := l.obj.GetAnnotations()[extensionsAnnotation]
	if had && len(o.ServiceRefs) > 0 {
		var found extensions
		if err := json.Unmarshal([]byte(raw), &found); err != nil {
			l.faultf("annotation %s is not as --service-ref writes it: %w", extensionsAnnotation, err)
			return
		}
		for name, e := range found.Spec.ServiceClaims {
			namespaces[name] = e
		}
	}
	l.each("service-ref", o.ServiceRefs, func(p pair) {
		delete(namespaces, p.key) // of the claim as it was
		if p.remove {
			l.named(claimsPath, p.key, nil, true)
			return
		}
		c, err := parseClaim(p.value)
		if err != nil {
			l.faults = append(l.faults, err)
			return
		}
		if c.namespace != "" {
			namespaces[p.key] = claimExtension{c.namespace}
		}
		l.named(claimsPath, p.key, map[string]any{"ref": map[string]any{"apiVersion": c.apiVersion, "kind": c.kind, "name": c.name}}, false)
	})
	if len(o.ServiceRefs) > 0 {
		setExtensions(l.obj, namespaces)
	}
}

func setExtensions(obj *unstructured.Unstructured, namespaces map[string]claimExtension) {
	annotations := obj.GetAnnotations()
	if len(namespaces) == 0 {
		delete(annotations, extensionsAnnotation)
		if len(annotations) == 0 {
			unstructured.RemoveNestedField(obj.Object, "metadata", "annotations")
			return
		}
	} else {
		value := extensions{APIVersion: "supplychain.apps.x-tanzu.vmware.com/v1alpha1", Kind: "ServiceClaimsExtension"}
		value.Spec.ServiceClaims = namespaces
		text, _ := json.Marshal(value) // strings: cannot fail, and maps are sorted
		if annotations == nil {
			annotations = map[string]string{}
		}
		annotations[extensionsAnnotation] = string(text)
	}
	obj.SetAnnotations(annotations)
}

// Notices are what a person should know of the flags although nothing is wrong.
func (o *Options) Notices() []string {
	var all []string
	if o.mavenGiven() && o.mavenByYAML() {
		all = append(all, "note: the --maven-* flags replace the parameter maven of --param-yaml")
	}
	for _, v := range o.ServiceRefs {
		if p, err := parsePair("service-ref", v); err == nil && !p.remove {
			if c, err := parseClaim(p.value); err == nil && c.namespace != "" {
				all = append(all, fmt.Sprintf("warning: --service-ref %s names a namespace; this form is deprecated: claim the service in the namespace of the workload, and leave it out", p.key))
			}
		}
	}
	return all
}
