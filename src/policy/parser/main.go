// HCL 1 as Vault and OpenBao read it, for WebAssembly: a policy's text in, its syntax tree as JSON out.
//
// The host calls reserve(size), writes the text there, calls parse(size), which returns the size of the answer, and reads
// the answer at result(). Offsets are bytes of the text; lines and columns count from 1.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unsafe"

	"github.com/hashicorp/hcl"
	"github.com/hashicorp/hcl/hcl/ast"
	hclparser "github.com/hashicorp/hcl/hcl/parser"
	"github.com/hashicorp/hcl/hcl/token"
)

type place struct {
	Line   int `json:"line"`
	Column int `json:"column"`
	Start  int `json:"start"`
	End    int `json:"end"`
}

// A key, or a value: a text, number, truth value, list, or object.
type node struct {
	place
	Kind  string `json:"kind"`
	Value string `json:"value,omitempty"`
	List  []node `json:"list,omitempty"`
	Items []item `json:"items,omitempty"`
}

type item struct {
	Keys []node `json:"keys"`
	// Written with an equals sign.
	Assigned bool `json:"assigned"`
	Value    node `json:"value"`
}

type failure struct {
	Message string `json:"message"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
}

type answer struct {
	Items []item   `json:"items"`
	Error *failure `json:"error,omitempty"`
}

var input, output []byte

//go:wasmexport reserve
func reserve(size int32) unsafe.Pointer {
	// One byte more: an empty text needs an address, too.
	input = make([]byte, size+1)
	return unsafe.Pointer(&input[0])
}

//go:wasmexport parse
func parse(size int32) int32 {
	output, _ = json.Marshal(read(string(input[:size])))
	return int32(len(output))
}

//go:wasmexport result
func result() unsafe.Pointer { return unsafe.Pointer(&output[0]) }

func main() {}

func read(text string) (told answer) {
	// The library panics over some texts that it cannot unquote.
	defer func() {
		if reason := recover(); reason != nil {
			told = answer{Error: &failure{Message: fmt.Sprint(reason), Line: 1, Column: 1}}
		}
	}()
	file, err := hcl.Parse(text)
	if err != nil && strings.Contains(err.Error(), "Each argument can only be defined once") {
		// What stands twice is seen in the tree, each with its place.
		file, err = hclparser.ParseDontErrorOnDuplicateKeys([]byte(text))
	}
	if err != nil {
		return answer{Error: failureOf(err)}
	}
	list, ok := file.Node.(*ast.ObjectList)
	if !ok {
		return answer{Error: &failure{Message: "does not contain a root object", Line: 1, Column: 1}}
	}
	return answer{Items: itemsOf(list)}
}

var position = regexp.MustCompile(`(?:^|[Aa]t )(\d+):(\d+):? `)

// Where it went wrong: the library's errors have a place, or only name it.
func failureOf(err error) *failure {
	var known *hclparser.PosError
	if errors.As(err, &known) {
		return &failure{known.Err.Error(), known.Pos.Line, known.Pos.Column}
	}
	message := err.Error()
	found := position.FindStringSubmatchIndex(message)
	if found == nil {
		return &failure{message, 1, 1}
	}
	line, _ := strconv.Atoi(message[found[2]:found[3]])
	column, _ := strconv.Atoi(message[found[4]:found[5]])
	if found[0] == 0 {
		message = message[found[1]:]
	}
	return &failure{message, line, column}
}

func itemsOf(list *ast.ObjectList) []item {
	items := make([]item, 0, len(list.Items))
	for _, each := range list.Items {
		keys := make([]node, 0, len(each.Keys))
		for _, key := range each.Keys {
			keys = append(keys, nodeOf(key.Token))
		}
		items = append(items, item{keys, each.Assign.IsValid(), valueOf(each.Val)})
	}
	return items
}

func valueOf(value ast.Node) node {
	switch value := value.(type) {
	case *ast.LiteralType:
		return nodeOf(value.Token)
	case *ast.ListType:
		list := make([]node, 0, len(value.List))
		for _, each := range value.List {
			list = append(list, valueOf(each))
		}
		return node{place: between(value.Lbrack, value.Rbrack), Kind: "list", List: list}
	case *ast.ObjectType:
		return node{place: between(value.Lbrace, value.Rbrace), Kind: "object", Items: itemsOf(value.List)}
	default:
		panic(fmt.Sprintf("a value of an unknown sort: %T", value))
	}
}

func between(from, to token.Pos) place {
	return place{from.Line, from.Column, from.Offset, to.Offset + 1}
}

func nodeOf(tok token.Token) node {
	where := place{tok.Pos.Line, tok.Pos.Column, tok.Pos.Offset, tok.Pos.Offset + len(tok.Text)}
	switch tok.Type {
	case token.STRING, token.HEREDOC, token.IDENT:
		return node{place: where, Kind: "text", Value: fmt.Sprint(tok.Value())}
	case token.BOOL:
		return node{place: where, Kind: "boolean", Value: tok.Text}
	default:
		return node{place: where, Kind: "number", Value: tok.Text}
	}
}
