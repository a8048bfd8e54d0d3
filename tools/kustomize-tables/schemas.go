// Prints what of kyaml's built-in OpenAPI document matters to kustomize: which lists are merged by which keys, and which kinds
// live in no namespace.
package main

import (
	"encoding/json"
	"os"
	"sort"
	"strings"

	"k8s.io/kube-openapi/pkg/validation/spec"
	"sigs.k8s.io/kustomize/kyaml/openapi"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// A child is the name of a definition, or a node.
type node struct {
	Fields   map[string]any `json:"fields,omitempty"`
	Extra    any            `json:"extra,omitempty"`
	Items    any            `json:"items,omitempty"`
	Strategy string         `json:"strategy,omitempty"`
	Keys     []string       `json:"keys,omitempty"`
}

const (
	strategyKey = "x-kubernetes-patch-strategy"
	mergeKey    = "x-kubernetes-patch-merge-key"
	mapKeys     = "x-kubernetes-list-map-keys"
	kindsKey    = "x-kubernetes-group-version-kind"
)

var (
	definitions = openapi.Schema().Definitions
	written     = map[string]any{}
	shorter     = strings.NewReplacer("#/definitions/", "", "io.k8s.api.", "~", "io.k8s.apimachinery.pkg.", "^", "io.k8s.", "%")
)

func childrenOf(s spec.Schema) map[string]spec.Schema {
	children := map[string]spec.Schema{}
	for name, property := range s.Properties {
		children[name] = property
	}
	if s.AdditionalProperties != nil && s.AdditionalProperties.Schema != nil {
		children["*"] = *s.AdditionalProperties.Schema
	}
	if s.Items != nil && s.Items.Schema != nil {
		children["[]"] = *s.Items.Schema
	}
	return children
}

// Whether a schema leads to a list that is merged.
func merges(s spec.Schema, seen map[string]bool) bool {
	if ref := s.Ref.String(); ref != "" {
		if seen[ref] {
			return false
		}
		seen[ref] = true
		return merges(definitions[strings.TrimPrefix(ref, "#/definitions/")], seen)
	}
	if _, found := s.Extensions[strategyKey]; found {
		return true
	}
	for _, child := range childrenOf(s) {
		if merges(child, seen) {
			return true
		}
	}
	return false
}

func convert(s spec.Schema) any {
	if ref := s.Ref.String(); ref != "" {
		name := strings.TrimPrefix(ref, "#/definitions/")
		short := shorter.Replace(name)
		if _, known := written[short]; !known {
			written[short] = nil
			written[short] = convert(definitions[name])
		}
		return short
	}
	n := node{}
	if strategy, found := s.Extensions[strategyKey]; found {
		n.Strategy = strategy.(string)
		if keys, found := s.Extensions[mapKeys]; found {
			for _, key := range keys.([]any) {
				n.Keys = append(n.Keys, key.(string))
			}
		} else if key, found := s.Extensions[mergeKey]; found {
			n.Keys = []string{key.(string)}
		}
	}
	for name, child := range childrenOf(s) {
		if !merges(child, map[string]bool{}) {
			continue
		}
		switch name {
		case "*":
			n.Extra = convert(child)
		case "[]":
			n.Items = convert(child)
		default:
			if n.Fields == nil {
				n.Fields = map[string]any{}
			}
			n.Fields[name] = convert(child)
		}
	}
	return n
}

func main() {
	kinds := map[string]string{}
	// Kustomize's own table has a kind that the document has no more.
	clusterScoped := map[string]bool{"policy/v1beta1 PodSecurityPolicy": true}
	for name, definition := range definitions {
		entries, _ := definition.Extensions[kindsKey].([]any)
		for _, entry := range entries {
			gvk := entry.(map[string]any)
			kind, apiVersion := gvk["kind"].(string), gvk["version"].(string)
			if group, _ := gvk["group"].(string); group != "" {
				apiVersion = group + "/" + apiVersion
			}
			key := apiVersion + " " + kind
			if namespaced, found := openapi.IsNamespaceScoped(yaml.TypeMeta{APIVersion: apiVersion, Kind: kind}); found && !namespaced {
				clusterScoped[key] = true
			}
			if strings.HasSuffix(kind, "List") || !merges(definition, map[string]bool{}) {
				continue
			}
			ref := spec.MustCreateRef("#/definitions/" + name)
			kinds[key] = convert(spec.Schema{SchemaProps: spec.SchemaProps{Ref: ref}}).(string)
		}
	}
	sorted := []string{}
	for key := range clusterScoped {
		sorted = append(sorted, key)
	}
	sort.Strings(sorted)
	encoder := json.NewEncoder(os.Stdout)
	if err := encoder.Encode(map[string]any{"definitions": written, "kinds": kinds, "clusterScoped": sorted}); err != nil {
		panic(err)
	}
}
