package install

import (
	"fmt"
)

// File of a folder of manifests.
type File struct {
	Name string
	Text []byte
}

const generated = "# Written by `kubectl carto install --print-to`; change it by a kustomization on top.\n"

// Base are the manifests as a base for kustomize: definitions and agent in files of their
// own, so that one may be applied without the other.
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
	}
	kustomization := fmt.Sprintf("%sapiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n%s", generated, listed)
	return append(files, File{"kustomization.yaml", []byte(kustomization)}), nil
}
