import {
  type CodeCall,
  canRepeat,
  doubleQuoted,
  headersOf,
  indented,
  pascalCase,
  retryRule,
  type TypedValue,
  typedValues,
  type ValueSyntax,
  valueText,
} from './code-call.js'

/** Code for grpc-go with the package that protoc-gen-go and protoc-gen-go-grpc write. */
export function goCode(call: CodeCall): string {
  const { operation, grpcAddress, deadlineMs } = call
  return `package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

${indented(importsOf(call), '\t')}

	pb "example.com/contacts/contactspb/messagecontacts/v1"
)

func main() {
	conn, err := grpc.NewClient(${doubleQuoted(grpcAddress)}, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	client := pb.NewMessageContactServiceClient(conn)
	request := &pb.${operation.request.name}{
${indented(
  typedValues(call).map((value) => `${fieldText(call, value)},`),
  '\t\t',
)}
	}
	for attempt := 1; ; attempt++ {
		ctx, cancel := context.WithTimeout(context.Background(), ${deadlineMs}*time.Millisecond)
${indented(metadataLines(call), '\t\t')}
		response, err := client.${operation.name}(ctx, request)
		cancel()
		if err == nil {
			fmt.Println(protojson.Format(response))
			return
		}
${retries(call)}`.replaceAll(/\n\n\t\tresponse, err/g, '\n\t\tresponse, err')
}

const importsOf = (call: CodeCall) => [
  '"google.golang.org/genproto/googleapis/rpc/errdetails"',
  '"google.golang.org/grpc"',
  '"google.golang.org/grpc/credentials/insecure"',
  ...(call.directory !== '' || call.hasToken ? ['"google.golang.org/grpc/metadata"'] : []),
  '"google.golang.org/grpc/status"',
  '"google.golang.org/protobuf/encoding/protojson"',
  ...(typedValues(call).some(({ kind }) => kind === 'mask')
    ? ['"google.golang.org/protobuf/types/known/fieldmaskpb"']
    : []),
]

const retries = (call: CodeCall) => `		refused, reason, wait := status.Convert(err), "", time.Hour
		for _, detail := range refused.Details() {
			switch detail := detail.(type) {
			case *errdetails.ErrorInfo:
				reason = detail.Reason
			case *errdetails.RetryInfo:
				wait = detail.RetryDelay.AsDuration()
			case *errdetails.BadRequest:
				for _, violation := range detail.FieldViolations {
					fmt.Fprintln(os.Stderr, violation.Field, violation.Description)
				}
			}
		}
		// ${retryRule(call)}
		if wait > 10*time.Second || attempt == 3${canRepeat(call) ? '' : ' || reason == "OUTCOME_UNKNOWN"'} {
			fmt.Fprintln(os.Stderr, reason, refused.Code(), refused.Message())
			os.Exit(1)
		}
		time.Sleep(wait * time.Duration(attempt))
	}
}
`

const metadataLines = (call: CodeCall) =>
  headersOf(call, doubleQuoted, '"Bearer "+os.Getenv("TOKEN")').map(
    ([name, value]) => `ctx = metadata.AppendToOutgoingContext(ctx, "${name}", ${value})`,
  )

function fieldText({ operation }: CodeCall, value: TypedValue): string {
  const { name, oneof } = value.field
  const text = valueText(value, syntax)
  if (oneof === undefined) return `${pascalCase(name)}: ${text}`
  return `${pascalCase(oneof)}: &pb.${operation.request.name}_${pascalCase(name)}{${pascalCase(name)}: ${text}}`
}

const syntax: ValueSyntax = {
  quote: doubleQuoted,
  mask: (paths) => `&fieldmaskpb.FieldMask{Paths: []string{${paths.join(', ')}}}`,
  enumValues({ typeName, isRepeated }, names) {
    const members = names.map((name) => `pb.${typeName}_${name}`).join(', ')
    return isRepeated ? `[]pb.${typeName}{${members}}` : members
  },
}
