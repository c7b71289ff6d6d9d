import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SendFeedbackRequest(_message.Message):
    __slots__ = ("feedback",)
    FEEDBACK_FIELD_NUMBER: _ClassVar[int]
    feedback: _containers.RepeatedCompositeFieldContainer[FeedbackItem]
    def __init__(self, feedback: _Optional[_Iterable[_Union[FeedbackItem, _Mapping]]] = ...) -> None: ...

class FeedbackItem(_message.Message):
    __slots__ = ("trace_id", "span_id", "response_id", "time", "thumb", "stars", "score", "text", "correction", "outcome", "comment", "author", "source")
    class Thumb(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        THUMB_UNSPECIFIED: _ClassVar[FeedbackItem.Thumb]
        UP: _ClassVar[FeedbackItem.Thumb]
        DOWN: _ClassVar[FeedbackItem.Thumb]
    THUMB_UNSPECIFIED: FeedbackItem.Thumb
    UP: FeedbackItem.Thumb
    DOWN: FeedbackItem.Thumb
    class Outcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        OUTCOME_UNSPECIFIED: _ClassVar[FeedbackItem.Outcome]
        SUCCESS: _ClassVar[FeedbackItem.Outcome]
        FAILURE: _ClassVar[FeedbackItem.Outcome]
        ESCALATED: _ClassVar[FeedbackItem.Outcome]
        ABANDONED: _ClassVar[FeedbackItem.Outcome]
    OUTCOME_UNSPECIFIED: FeedbackItem.Outcome
    SUCCESS: FeedbackItem.Outcome
    FAILURE: FeedbackItem.Outcome
    ESCALATED: FeedbackItem.Outcome
    ABANDONED: FeedbackItem.Outcome
    class Source(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        SOURCE_UNSPECIFIED: _ClassVar[FeedbackItem.Source]
        END_USER: _ClassVar[FeedbackItem.Source]
        EXPERT: _ClassVar[FeedbackItem.Source]
    SOURCE_UNSPECIFIED: FeedbackItem.Source
    END_USER: FeedbackItem.Source
    EXPERT: FeedbackItem.Source
    TRACE_ID_FIELD_NUMBER: _ClassVar[int]
    SPAN_ID_FIELD_NUMBER: _ClassVar[int]
    RESPONSE_ID_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    THUMB_FIELD_NUMBER: _ClassVar[int]
    STARS_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    CORRECTION_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    COMMENT_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    trace_id: str
    span_id: str
    response_id: str
    time: _timestamp_pb2.Timestamp
    thumb: FeedbackItem.Thumb
    stars: int
    score: float
    text: str
    correction: str
    outcome: FeedbackItem.Outcome
    comment: str
    author: str
    source: FeedbackItem.Source
    def __init__(self, trace_id: _Optional[str] = ..., span_id: _Optional[str] = ..., response_id: _Optional[str] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., thumb: _Optional[_Union[FeedbackItem.Thumb, str]] = ..., stars: _Optional[int] = ..., score: _Optional[float] = ..., text: _Optional[str] = ..., correction: _Optional[str] = ..., outcome: _Optional[_Union[FeedbackItem.Outcome, str]] = ..., comment: _Optional[str] = ..., author: _Optional[str] = ..., source: _Optional[_Union[FeedbackItem.Source, str]] = ...) -> None: ...

class SendFeedbackResponse(_message.Message):
    __slots__ = ("accepted", "rejected", "rejections")
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    REJECTED_FIELD_NUMBER: _ClassVar[int]
    REJECTIONS_FIELD_NUMBER: _ClassVar[int]
    accepted: int
    rejected: int
    rejections: _containers.RepeatedCompositeFieldContainer[Rejection]
    def __init__(self, accepted: _Optional[int] = ..., rejected: _Optional[int] = ..., rejections: _Optional[_Iterable[_Union[Rejection, _Mapping]]] = ...) -> None: ...

class Rejection(_message.Message):
    __slots__ = ("index", "reason")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    index: int
    reason: str
    def __init__(self, index: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...
