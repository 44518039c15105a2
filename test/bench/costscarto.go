package main

import (
	"crypto/sha256"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// cartoStamped is an object with all that Carto puts on what it stamps, where stampedLike has what both subjects need.
func cartoStamped(owner *unstructured.Unstructured, kind, input string) *unstructured.Unstructured {
	object := stampedLike(owner, kind, input)
	object.SetLabels(map[string]string{
		v1alpha1.LabelWorkloadName: owner.GetName(), v1alpha1.LabelWorkloadNamespace: namespace, v1alpha1.LabelSupplyChainName: "bench",
		v1alpha1.LabelResourceName: "config", v1alpha1.LabelTemplateKind: v1alpha1.KindClusterConfigTemplate,
		v1alpha1.LabelTemplateName: "bench", v1alpha1.LabelTemplateLifecycle: "mutable",
	})
	object.SetAnnotations(map[string]string{v1alpha1.AnnotationDigest: digestOf(input)})
	return object
}

// cartoStatus is a workload's status as Carto writes it when all of its steps have an output; ownerStatus is the yardstick's.
func cartoStatus(owner *unstructured.Unstructured, output string) (map[string]any, error) {
	now := metav1.NewTime(time.Unix(0, 0).UTC())
	conditions := func(types ...string) (all []metav1.Condition) {
		for _, kind := range types {
			all = append(all, metav1.Condition{Type: kind, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonReady, LastTransitionTime: now})
		}
		return all
	}
	status := v1alpha1.WorkloadStatus{
		OwnerStatus: v1alpha1.OwnerStatus{
			ObservedGeneration: owner.GetGeneration(),
			Conditions:         conditions(v1alpha1.ConditionSupplyChainReady, v1alpha1.ConditionResourcesSubmitted, v1alpha1.ConditionResourcesHealthy, v1alpha1.ConditionReady),
		},
		SupplyChainRef: v1alpha1.BlueprintRef{Kind: v1alpha1.KindClusterSupplyChain, Name: "bench"},
	}
	for i, kind := range kinds {
		resource := v1alpha1.ResourceStatus{
			Name: kind,
			StampedRef: &v1alpha1.StampedRef{
				ObjectReference: corev1.ObjectReference{APIVersion: group + "/v1", Kind: kind, Namespace: namespace, Name: owner.GetName()},
				Resource:        resourceOf(kind).GroupResource().String(),
			},
			TemplateRef: &corev1.ObjectReference{APIVersion: v1alpha1.GroupVersion.String(), Kind: v1alpha1.KindClusterConfigTemplate, Name: "bench"},
			Outputs:     []v1alpha1.Output{{Name: "config", Preview: output, Digest: digestOf(output), LastTransitionTime: now}},
			Conditions:  conditions(v1alpha1.ConditionResourceSubmitted, v1alpha1.ConditionHealthy, v1alpha1.ConditionReady),
		}
		if i > 0 {
			resource.Inputs = []v1alpha1.Input{{Name: kinds[i-1]}}
		}
		status.Resources = append(status.Resources, resource)
	}
	return runtime.DefaultUnstructuredConverter.ToUnstructured(&status)
}

func digestOf(text string) string { return fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(text))) }
