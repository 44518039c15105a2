package actors

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"

	"github.com/carto-run/carto/test/harness"
)

// kapp stands in for kapp-controller: it applies the manifests of the commit that an App fetches, as the App's service account.
type kapp struct{ config *rest.Config }

func newKapp(config *rest.Config) *actor {
	k := &kapp{config}
	return &actor{
		resource: schema.GroupVersionResource{Group: "kappctrl.k14s.io", Version: "v1alpha1", Resource: "apps"},
		observe:  k.observe, finished: isDeployed,
		verdict: func(err error) map[string]string {
			return map[string]string{"ReconcileSucceeded": truth(err == nil), "ReconcileFailed": truth(err != nil)}
		},
	}
}

// isDeployed: what is deployed is looked at again every ten minutes only, which is never here.
func isDeployed(app *unstructured.Unstructured) bool {
	observed, found, _ := unstructured.NestedInt64(app.Object, "status", "observedGeneration")
	return found && observed == app.GetGeneration() && hasCondition(app, "ReconcileSucceeded", "True")
}

func (k *kapp) observe(ctx context.Context, app *unstructured.Unstructured) (map[string]any, error) {
	fetch, _, _ := unstructured.NestedSlice(app.Object, "spec", "fetch")
	if len(fetch) != 1 {
		return nil, errors.New("spec.fetch needs exactly one entry")
	}
	entry, _ := fetch[0].(map[string]any)
	url, _, _ := unstructured.NestedString(entry, "http", "url")
	folder, _, _ := unstructured.NestedString(entry, "http", "subPath")
	account, _, _ := unstructured.NestedString(app.Object, "spec", "serviceAccountName")
	dir, err := os.MkdirTemp("", "carto-app-")
	if err != nil {
		return nil, fmt.Errorf("make a workspace: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // what is left in the folder for temporary files hurts nobody
	tree := filepath.Join(dir, "tree")
	if err := checkout(ctx, url, tree); err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(tree, folder, "*.yaml"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("there are no manifests in %q", folder)
	}
	config := rest.CopyConfig(k.config)
	config.Impersonate.UserName = "system:serviceaccount:" + app.GetNamespace() + ":" + account
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err == nil {
			_, err = harness.Apply(ctx, config, app.GetNamespace(), string(text))
		}
		if err != nil {
			return nil, fmt.Errorf("deploy %s: %w", filepath.Base(file), err)
		}
	}
	return nil, nil
}
