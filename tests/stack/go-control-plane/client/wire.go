package main

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// Field numbers of envoy.service.discovery.v3. Messages are read and written here without generated types, so that the client's
// own work is small beside the server's.
const (
	sotwVersion, sotwNode, sotwNames, sotwTypeURL, sotwNonce, sotwError                   = 1, 2, 3, 4, 5, 6
	deltaNode, deltaTypeURL, deltaSubscribe, deltaInitialVersions, deltaNonce, deltaError = 1, 2, 3, 5, 6, 7
	responseVersion, responseResources, responseTypeURL, responseNonce, responseRemoved   = 1, 2, 4, 5, 6
	resourceVersion, resourceBody, resourceName, anyValue                                 = 1, 2, 3, 2
)

// rawCodec hands bytes through.
type rawCodec struct{}

func (rawCodec) Name() string { return "proto" }

func (rawCodec) Marshal(value any) ([]byte, error) { return value.([]byte), nil }

func (rawCodec) Unmarshal(data []byte, value any) error {
	*value.(*[]byte) = append([]byte(nil), data...)
	return nil
}

// received is a response of either protocol.
type received struct {
	typeURL, nonce, version string
	resources               []receivedResource
	removed                 int
}

// receivedResource has no name in the state of the world.
type receivedResource struct {
	name, version string
	body          []byte
}

func appendText(to []byte, field protowire.Number, text string) []byte {
	return protowire.AppendString(protowire.AppendTag(to, field, protowire.BytesType), text)
}

func appendMessage(to []byte, field protowire.Number, message []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(to, field, protowire.BytesType), message)
}

// nodeOf is a core.v3.Node with id and cluster.
func nodeOf(id, cluster string) []byte { return appendText(appendText(nil, 1, id), 2, cluster) }

// refusal is a google.rpc.Status.
func refusal(message string) []byte {
	return appendText(protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), 13), 2, message)
}

// eachField calls with every field of a message that holds bytes.
func eachField(message []byte, call func(field protowire.Number, value []byte) error) error {
	for len(message) > 0 {
		field, kind, length := protowire.ConsumeTag(message)
		if length < 0 {
			return protowire.ParseError(length)
		}
		message = message[length:]
		if kind == protowire.BytesType {
			value, size := protowire.ConsumeBytes(message)
			if size < 0 {
				return protowire.ParseError(size)
			}
			if err := call(field, value); err != nil {
				return err
			}
			message = message[size:]
			continue
		}
		size := protowire.ConsumeFieldValue(field, kind, message)
		if size < 0 {
			return protowire.ParseError(size)
		}
		message = message[size:]
	}
	return nil
}

func parseResponse(message []byte, delta bool) (received, error) {
	var parsed received
	err := eachField(message, func(field protowire.Number, value []byte) error {
		switch field {
		case responseVersion:
			parsed.version = string(value)
		case responseTypeURL:
			parsed.typeURL = string(value)
		case responseNonce:
			parsed.nonce = string(value)
		case responseRemoved:
			parsed.removed++
		case responseResources:
			resource, err := parseResource(value, delta)
			parsed.resources = append(parsed.resources, resource)
			return err
		}
		return nil
	})
	if err != nil {
		return parsed, fmt.Errorf("a response cannot be read: %w", err)
	}
	return parsed, nil
}

func parseResource(message []byte, delta bool) (receivedResource, error) {
	var parsed receivedResource
	if !delta {
		return parsed, eachField(message, func(field protowire.Number, value []byte) error {
			if field == anyValue {
				parsed.body = value
			}
			return nil
		})
	}
	err := eachField(message, func(field protowire.Number, value []byte) error {
		switch field {
		case resourceVersion:
			parsed.version = string(value)
		case resourceName:
			parsed.name = string(value)
		case resourceBody:
			return eachField(value, func(field protowire.Number, value []byte) error {
				if field == anyValue {
					parsed.body = value
				}
				return nil
			})
		}
		return nil
	})
	return parsed, err
}
