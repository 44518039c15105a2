package stamp

import (
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/jsonread"
)

// unset is a field of the schema that has no value. A path that ends there finds null
// (or an empty text), not nothing; as part of a larger value the field is left out, as
// it is in JSON (spec: reconcile §6.4).
type unset struct{ as any }

// lazy is a part of a view that is made when a path goes through it.
type lazy struct{ get func() any }

var (
	unsetValue  = unset{nil}
	unsetText   = unset{""}
	unsetNumber = unset{int64(0)}
	unsetList   = unset{[]any(nil)}
	unsetMap    = unset{map[string]any(nil)}
)

// plain replaces the markers of a view by what a path finds there.
func plain(value any) any {
	switch v := value.(type) {
	case unset:
		return v.as
	case lazy:
		return v.get()
	}
	return value
}

// View makes the typed view of an owner that templates and selectors see (spec:
// reconcile §6.4): the fields of the schema are all there, set or not. It takes a
// *v1alpha1.Workload, *v1alpha1.Deliverable or *v1alpha1.Runnable, and shares nothing
// with it that could change. A view serves one goroutine.
func View(owner any) (map[string]any, error) {
	switch o := owner.(type) {
	case *v1alpha1.Workload:
		spec, err := ownerSpec(o.Spec.Params, o.Spec.Source, o.Spec.ServiceAccountName)
		if err != nil {
			return nil, err
		}
		spec["image"] = textPointer(o.Spec.Image)
		spec["build"] = map[string]any{"env": environment(o.Spec.Build.Env)}
		spec["env"] = environment(o.Spec.Env)
		spec["resources"] = unsetValue
		if o.Spec.Resources != nil {
			if spec["resources"], err = viaJSON(o.Spec.Resources); err != nil {
				return nil, err
			}
		}
		spec["serviceClaims"] = claims(o.Spec.ServiceClaims)
		return object(v1alpha1.KindWorkload, &o.ObjectMeta, spec, o.Status), nil
	case *v1alpha1.Deliverable:
		spec, err := ownerSpec(o.Spec.Params, o.Spec.Source, o.Spec.ServiceAccountName)
		if err != nil {
			return nil, err
		}
		return object(v1alpha1.KindDeliverable, &o.ObjectMeta, spec, o.Status), nil
	case *v1alpha1.Runnable:
		spec, err := runnableSpec(&o.Spec)
		if err != nil {
			return nil, err
		}
		return object(v1alpha1.KindRunnable, &o.ObjectMeta, spec, o.Status), nil
	}
	return nil, fmt.Errorf("%T has no view", owner)
}

func object(kind string, meta *metav1.ObjectMeta, spec map[string]any, status any) map[string]any {
	return map[string]any{
		"apiVersion": v1alpha1.GroupVersion.String(),
		"kind":       kind,
		"metadata":   metadata(meta),
		"spec":       spec,
		// Hardly any template reads the status of its owner, and every pass makes a view.
		"status": lazy{func() any {
			value, err := viaJSON(status)
			if err != nil {
				return map[string]any{} // a status is plain data, which always encodes
			}
			return value
		}},
	}
}

func metadata(m *metav1.ObjectMeta) map[string]any {
	v := map[string]any{
		"name": text(m.Name), "generateName": text(m.GenerateName), "namespace": text(m.Namespace),
		"uid": text(string(m.UID)), "resourceVersion": text(m.ResourceVersion), "selfLink": unsetText,
		"generation": unsetNumber, "creationTimestamp": nil, "deletionTimestamp": unsetValue,
		"labels": stringMap(m.Labels), "annotations": stringMap(m.Annotations),
		"finalizers": unsetList, "ownerReferences": unsetList,
	}
	if m.Generation != 0 {
		v["generation"] = m.Generation
	}
	if !m.CreationTimestamp.IsZero() {
		v["creationTimestamp"] = m.CreationTimestamp.UTC().Format("2006-01-02T15:04:05Z")
	}
	if m.DeletionTimestamp != nil {
		v["deletionTimestamp"] = m.DeletionTimestamp.UTC().Format("2006-01-02T15:04:05Z")
	}
	if len(m.Finalizers) > 0 {
		list := make([]any, len(m.Finalizers))
		for i, f := range m.Finalizers {
			list[i] = f
		}
		v["finalizers"] = list
	}
	if len(m.OwnerReferences) > 0 {
		refs := m.OwnerReferences
		v["ownerReferences"] = lazy{func() any {
			value, err := viaJSON(refs)
			if err != nil {
				return []any(nil)
			}
			return value
		}}
	}
	return v
}

func ownerSpec(params []v1alpha1.OwnerParam, source *v1alpha1.Source, account string) (map[string]any, error) {
	spec := map[string]any{"params": unsetList, "source": unsetValue, "serviceAccountName": text(account)}
	if len(params) > 0 {
		list := make([]any, len(params))
		for i, p := range params {
			value, err := opaque(p.Value)
			if err != nil {
				return nil, fmt.Errorf("decode spec.params[%d] (%s): %w", i, p.Name, err)
			}
			list[i] = map[string]any{"name": p.Name, "value": value}
		}
		spec["params"] = list
	}
	if source != nil {
		v := map[string]any{"git": unsetValue, "image": textPointer(source.Image), "subPath": textPointer(source.SubPath)}
		if source.Git != nil {
			git := map[string]any{"url": textPointer(source.Git.URL), "ref": unsetValue}
			if ref := source.Git.Ref; ref != nil {
				git["ref"] = map[string]any{"branch": textPointer(ref.Branch), "tag": textPointer(ref.Tag), "commit": textPointer(ref.Commit)}
			}
			v["git"] = git
		}
		spec["source"] = v
	}
	return spec, nil
}

func runnableSpec(s *v1alpha1.RunnableSpec) (map[string]any, error) {
	spec := map[string]any{
		"runTemplateRef":     map[string]any{"kind": text(s.RunTemplateRef.Kind), "name": s.RunTemplateRef.Name},
		"selector":           unsetValue,
		"inputs":             unsetMap,
		"serviceAccountName": text(s.ServiceAccountName),
		"retentionPolicy":    unsetValue,
	}
	var err error
	if s.Selector != nil {
		if spec["selector"], err = viaJSON(s.Selector); err != nil {
			return nil, err
		}
	}
	if s.RetentionPolicy != nil {
		if spec["retentionPolicy"], err = viaJSON(s.RetentionPolicy); err != nil {
			return nil, err
		}
	}
	if len(s.Inputs) > 0 {
		inputs := make(map[string]any, len(s.Inputs))
		for name, value := range s.Inputs {
			if inputs[name], err = opaque(value); err != nil {
				return nil, fmt.Errorf("decode spec.inputs.%s: %w", name, err)
			}
		}
		spec["inputs"] = inputs
	}
	return spec, nil
}

func environment(env []corev1.EnvVar) any {
	if len(env) == 0 {
		return unsetList
	}
	list := make([]any, len(env))
	for i := range env {
		e := map[string]any{"name": env[i].Name, "value": text(env[i].Value), "valueFrom": unsetValue}
		if env[i].ValueFrom != nil {
			from := env[i].ValueFrom
			e["valueFrom"] = lazy{func() any {
				value, err := viaJSON(from)
				if err != nil {
					return nil
				}
				return value
			}}
		}
		list[i] = e
	}
	return list
}

func claims(all []v1alpha1.ServiceClaim) any {
	if len(all) == 0 {
		return unsetList
	}
	list := make([]any, len(all))
	for i, c := range all {
		claim := map[string]any{"name": c.Name, "ref": unsetValue}
		if c.Ref != nil {
			claim["ref"] = map[string]any{"apiVersion": c.Ref.APIVersion, "kind": c.Ref.Kind, "name": c.Ref.Name}
		}
		list[i] = claim
	}
	return list
}

func text(s string) any {
	if s == "" {
		return unsetText
	}
	return s
}

func textPointer(s *string) any {
	if s == nil {
		return unsetValue
	}
	return *s
}

func stringMap(m map[string]string) any {
	if len(m) == 0 {
		return unsetMap
	}
	v := make(map[string]any, len(m))
	for key, value := range m {
		v[key] = value
	}
	return v
}

// opaque decodes JSON whose content the schema does not know; integers stay integers.
func opaque(j apiextensionsv1.JSON) (any, error) {
	if len(j.Raw) == 0 {
		return nil, nil
	}
	var value any
	err := jsonread.Into(j.Raw, &value)
	return value, err
}

func viaJSON(value any) (any, error) {
	encoded, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	var decoded any
	err = jsonread.Into(encoded, &decoded)
	return decoded, err
}
