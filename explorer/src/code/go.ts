import {
  type CodeCall,
  canRepeat,
  doubleQuoted,
  headerText,
  indented,
  pascalCase,
  type TypedValue,
  typedValues,
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
		// Retries where RetryInfo says how long to wait${canRepeat(call) ? '' : ', unless the call may have been carried out already'}.
		if wait > 10*time.Second || attempt == 3${canRepeat(call) ? '' : ' || reason == "OUTCOME_UNKNOWN"'} {
			fmt.Fprintln(os.Stderr, reason, refused.Code(), refused.Message())
			os.Exit(1)
		}
		time.Sleep(wait * time.Duration(attempt))
	}
}
`

const metadataLines = ({ directory, hasToken }: CodeCall) => [
  ...(directory === ''
    ? []
    : [
        `ctx = metadata.AppendToOutgoingContext(ctx, "x-resource-directory-id", ${doubleQuoted(headerText(directory))})`,
      ]),
  ...(hasToken ? ['ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+os.Getenv("TOKEN"))'] : []),
]

function fieldText({ operation }: CodeCall, value: TypedValue): string {
  const { name, oneof } = value.field
  const text = valueText(value)
  if (oneof === undefined) return `${pascalCase(name)}: ${text}`
  return `${pascalCase(oneof)}: &pb.${operation.request.name}_${pascalCase(name)}{${pascalCase(name)}: ${text}}`
}

function valueText(value: TypedValue): string {
  switch (value.kind) {
    case 'text':
      return doubleQuoted(value.text)
    case 'number':
      return String(value.number)
    case 'boolean':
      return String(value.isTrue)
    case 'mask':
      return `&fieldmaskpb.FieldMask{Paths: []string{${value.paths.map(doubleQuoted).join(', ')}}}`
    case 'enum': {
      const type = value.field.typeName
      const names = value.names.map((name) => `pb.${type}_${name}`).join(', ')
      return value.field.isRepeated ? `[]pb.${type}{${names}}` : names
    }
  }
}
