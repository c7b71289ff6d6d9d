"""Version 1 of what Assay serves beside OTLP, as gRPC clients see it: `feedback_pb2` has the messages, `feedback_pb2_grpc` the client.

Made from `proto/assay/v1` by `python docs/generate.py`; see docs/feedback.md for how to use it.
"""
