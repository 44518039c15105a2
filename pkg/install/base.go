package install

import (
	"fmt"
	"strings"
)

// File of a folder of manifests; its name is a path with slashes.
type File struct {
	Name string
	Text []byte
}

const generated = "# Written by `kubectl carto install --print-to`; change it by a kustomization on top.\n"

// Base are the manifests as a base for kustomize: definitions and agent in files of their
// own, so that one may be applied without the other. The options that are not switched on
// are components beside them.
func Base(c Config) ([]File, error) {
	version := c.Version
	if version == Unversioned {
		version = "" // an unversioned build must not claim to be newer, or older, than one
	}
	docs, err := definitions(version)
	if err != nil {
		return nil, err
	}
	files := []File{{"crds.yaml", append([]byte(generated), join(docs)...)}}
	listed := "  - crds.yaml\n"
	if !c.CRDsOnly {
		docs, err := agent(c)
		if err != nil {
			return nil, err
		}
		files = append(files, File{"agent.yaml", append([]byte(generated), join(docs)...)})
		listed += "  - agent.yaml\n"
		more, err := components(c)
		if err != nil {
			return nil, err
		}
		files = append(files, more...)
	}
	kustomization := fmt.Sprintf("%sapiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n%s", generated, listed)
	return append(files, File{"kustomization.yaml", []byte(kustomization)}), nil
}

// components are the options that the base does not have, for a kustomization on top to add.
func components(c Config) ([]File, error) {
	fill := strings.NewReplacer(DefaultNamespace, c.Namespace)
	var files []File
	for _, o := range optional {
		if o.on(&c) {
			continue
		}
		text, err := o.manifest()
		if err != nil {
			return nil, err
		}
		kustomization := generated + "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources:\n  - " + o.name + ".yaml\n" + o.patch()
		folder := "components/" + o.name + "/"
		files = append(files, File{folder + "kustomization.yaml", []byte(kustomization)}, File{folder + o.name + ".yaml", []byte(generated + fill.Replace(text))})
	}
	return files, nil
}
