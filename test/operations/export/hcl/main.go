// Reads Terraform's language with its own parser, and tells what it found as JSON: the judge of what is exported.
//
// In: {"files": {"main.tf": "..."}} on standard input. Out: {"problems": [...], "unformatted": [...], "blocks": [...]}.
// With {"template": "...", "env": {...}} it renders Go's template as bank-vaults does. Out: {"rendered": "..."}.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strings"
	"text/template"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

type block struct {
	Type       string         `json:"type"`
	Labels     []string       `json:"labels"`
	Attributes map[string]any `json:"attributes"`
	References []string       `json:"references"`
	Blocks     []block        `json:"blocks"`
}

type answer struct {
	Problems    []string `json:"problems"`
	Unformatted []string `json:"unformatted"`
	Blocks      []block  `json:"blocks"`
	Rendered    string   `json:"rendered"`
}

// What Terraform's functions of these names do.
var context = &hcl.EvalContext{Functions: map[string]function.Function{
	"jsonencode": stdlib.JSONEncodeFunc,
	"chomp":      stdlib.ChompFunc,
}}

func main() {
	var asked struct {
		Files    map[string]string
		Template string
		Env      map[string]string
	}
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		panic(err)
	}
	told := answer{Problems: []string{}, Unformatted: []string{}, Blocks: []block{}}
	if asked.Template != "" {
		told.Rendered = rendered(asked.Template, asked.Env)
	}
	names := []string{}
	for name := range asked.Files {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		text := []byte(asked.Files[name])
		if string(hclwrite.Format(text)) != string(text) {
			told.Unformatted = append(told.Unformatted, name)
		}
		file, problems := hclsyntax.ParseConfig(text, name, hcl.InitialPos)
		for _, problem := range problems {
			told.Problems = append(told.Problems, problem.Error())
		}
		if !problems.HasErrors() {
			told.Blocks = append(told.Blocks, blocksOf(file.Body.(*hclsyntax.Body))...)
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(told); err != nil {
		panic(err)
	}
}

// The delimiters are bank-vaults'; `env` is Sprig's.
func rendered(text string, env map[string]string) string {
	functions := template.FuncMap{"env": func(name string) string { return env[name] }}
	parsed, err := template.New("config").Funcs(functions).Delims("${", "}").Parse(text)
	if err != nil {
		panic(err)
	}
	var out strings.Builder
	if err := parsed.Execute(&out, nil); err != nil {
		panic(err)
	}
	return out.String()
}

func blocksOf(body *hclsyntax.Body) []block {
	blocks := []block{}
	for _, inner := range body.Blocks {
		found := block{
			Type:       inner.Type,
			Labels:     append([]string{}, inner.Labels...),
			Attributes: map[string]any{},
			References: []string{},
			Blocks:     blocksOf(inner.Body),
		}
		for name, attribute := range inner.Body.Attributes {
			for _, traversal := range attribute.Expr.Variables() {
				found.References = append(found.References, textOf(traversal))
			}
			found.Attributes[name] = valueOf(attribute.Expr)
		}
		sort.Strings(found.References)
		blocks = append(blocks, found)
	}
	return blocks
}

// The value of an expression; where it takes others, which.
func valueOf(expression hclsyntax.Expression) any {
	value, problems := expression.Value(context)
	if problems.HasErrors() || !value.IsWhollyKnown() {
		names := []string{}
		for _, traversal := range expression.Variables() {
			names = append(names, textOf(traversal))
		}
		return map[string]any{"takes": names}
	}
	text, err := ctyjson.Marshal(value, value.Type())
	if err != nil {
		return map[string]any{"problem": err.Error()}
	}
	return json.RawMessage(text)
}

func textOf(traversal hcl.Traversal) string {
	parts := []string{}
	for _, step := range traversal {
		switch step := step.(type) {
		case hcl.TraverseRoot:
			parts = append(parts, step.Name)
		case hcl.TraverseAttr:
			parts = append(parts, step.Name)
		case hcl.TraverseIndex:
			if step.Key.Type() == cty.String {
				parts = append(parts, step.Key.AsString())
			} else {
				parts = append(parts, fmt.Sprint(step.Key.AsBigFloat()))
			}
		}
	}
	return strings.Join(parts, ".")
}
