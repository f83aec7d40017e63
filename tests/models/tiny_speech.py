"""Tiny models of FunASR's real classes, with random weights: they hear nonsense, in the right shapes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import sentencepiece
import torch
import yaml
from funasr.auto import auto_model  # noqa: F401  its import registers the classes
from funasr.register import tables

_CHARACTERS = sorted(set("你好世界今天我们讲一个关于人工智能的故事"))
_TOKENS = ["<blank>", "<s>", "</s>", *_CHARACTERS, "hello", "world", "the@@", "quick", "brown", "<unk>"]
_PIECES = 40
_MELS = {"fs": 16000, "window": "hamming", "n_mels": 80, "frame_length": 25, "frame_shift": 10, "dither": 0.0}
_WIDE = {**_MELS, "lfr_m": 7, "lfr_n": 6}
_NO_DROPOUT = {"dropout_rate": 0.0, "positional_dropout_rate": 0.0}
_SANM: dict[str, Any] = {
    **_NO_DROPOUT,
    "output_size": 32,
    "attention_heads": 2,
    "linear_units": 64,
    "num_blocks": 2,
    "attention_dropout_rate": 0.0,
    "input_layer": "pe",
    "pos_enc_class": "SinusoidalPositionEncoder",
    "normalize_before": True,
    "kernel_size": 11,
    "sanm_shfit": 0,
    "selfattention_layer_type": "sanm",
}
_DECODER: dict[str, Any] = {
    **_NO_DROPOUT,
    "attention_heads": 2,
    "linear_units": 64,
    "num_blocks": 2,
    "self_attention_dropout_rate": 0.0,
    "src_attention_dropout_rate": 0.0,
    "att_layer_num": 2,
    "kernel_size": 11,
    "sanm_shfit": 0,
}
_PREDICTOR: dict[str, Any] = {
    "idim": 32,
    "threshold": 1.0,
    "l_order": 1,
    "r_order": 1,
    "tail_threshold": 0.45,
    "smooth_factor2": 0.25,
    "noise_threshold2": 0.01,
    "upsample_times": 3,
    "use_cif1_cnn": False,
    "upsample_type": "cnn_blstm",
}


def paraformer(folder: Path) -> str:
    """A BiCifParaformer, which tells the time of every token."""
    config = {
        "model": "BiCifParaformer",
        "model_conf": {
            "ctc_weight": 0.0,
            "predictor_weight": 1.0,
            "predictor_bias": 1,
            "sampling_ratio": 0.75,
        },
        "encoder": "SANMEncoder",
        "encoder_conf": _SANM,
        "decoder": "ParaformerSANMDecoder",
        "decoder_conf": _DECODER,
        "predictor": "CifPredictorV3",
        "predictor_conf": _PREDICTOR,
        "frontend": "WavFrontend",
        "frontend_conf": _WIDE,
        "tokenizer": "CharTokenizer",
        "tokenizer_conf": {"unk_symbol": "<unk>", "split_with_space": True},
    }

    def fires_often(model: Any) -> None:
        model.predictor.cif_output.bias.fill_(-1.0)
        model.predictor.cif_output2.bias.fill_(0.5)

    made = _saved(folder, config, 560, fires_often, input_size=560, vocab_size=len(_TOKENS))
    (folder / "seg_dict").write_text("".join(f"{token} {token}\n" for token in _TOKENS), encoding="utf-8")
    return made


def vad(folder: Path) -> str:
    """An FSMN that takes all sound for speech."""
    config = {
        "model": "FsmnVADStreaming",
        "model_conf": {
            "max_end_silence_time": 300,
            "speech_noise_thres": 0.6,
            "max_single_segment_time": 60000,
        },
        "encoder": "FSMN",
        "encoder_conf": {
            "input_dim": 400,
            "input_affine_dim": 16,
            "fsmn_layers": 2,
            "linear_dim": 16,
            "proj_dim": 8,
            "lorder": 4,
            "rorder": 0,
            "lstride": 1,
            "rstride": 0,
            "output_affine_dim": 16,
            "output_dim": 4,
        },
        "frontend": "WavFrontendOnline",
        "frontend_conf": {**_MELS, "lfr_m": 5, "lfr_n": 1},
    }

    def hears_speech(model: Any) -> None:
        model.encoder.out_linear2.linear.weight.fill_(0.0)
        model.encoder.out_linear2.linear.bias.copy_(torch.tensor([-8.0, 4.0, 4.0, 4.0]))

    return _saved(folder, config, 400, hears_speech)


def punctuation(folder: Path) -> str:
    """A CT-Transformer that ends a sentence at the end."""
    config = {
        "model": "CTTransformer",
        "model_conf": {
            "punc_list": ["<unk>", "_", "，", "。", "？"],
            "embed_unit": 32,
            "att_unit": 32,
            "sentence_end_id": 3,
        },
        "encoder": "SANMEncoder",
        "encoder_conf": {**_SANM, "input_size": 32},
        "tokenizer": "CharTokenizer",
        "tokenizer_conf": {"unk_symbol": "<unk>"},
    }

    def says_little(model: Any) -> None:
        model.decoder.weight.fill_(0.0)
        model.decoder.bias.copy_(torch.tensor([-9.0, 9.0, 0.0, 0.0, 0.0]))

    return _saved(folder, config, 0, says_little, vocab_size=len(_TOKENS))


def speakers(folder: Path) -> str:
    """A CAM++."""
    conf = {"feat_dim": 80, "embedding_size": 192, "growth_rate": 4, "bn_size": 2, "init_channels": 8}
    return _saved(folder, {"model": "CAMPPlus", "model_conf": conf}, 0, lambda model: None)


def sense_voice(folder: Path) -> str:
    """A SenseVoiceSmall, whose texts begin with tags."""
    config = {
        "model": "SenseVoiceSmall",
        "model_conf": {"length_normalized_loss": True, "sos": 1, "eos": 2, "ignore_id": -1},
        "encoder": "SenseVoiceEncoderSmall",
        "encoder_conf": {**_SANM, "tp_blocks": 1},
        "frontend": "WavFrontend",
        "frontend_conf": _WIDE,
        "tokenizer": "SentencepiecesTokenizer",
        "tokenizer_conf": {"bpemodel": str(folder / "tiny.model"), "unk_symbol": "<unk>"},
    }
    made = _saved(folder, config, 560, lambda model: None, input_size=560, vocab_size=_PIECES)
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["hello world the quick brown fox jumps over the lazy dog"] * 20),
        model_prefix=str(folder / "tiny"),
        vocab_size=_PIECES,
        hard_vocab_limit=False,
    )
    return made


def _saved(folder: Path, config: dict[str, Any], mvn: int, change: Any, **given: Any) -> str:
    folder.mkdir(parents=True)
    if config.get("tokenizer") == "CharTokenizer":
        (folder / "tokens.json").write_text(json.dumps(_TOKENS, ensure_ascii=False), encoding="utf-8")
    (folder / "config.yaml").write_text(yaml.safe_dump(config, allow_unicode=True), encoding="utf-8")
    if mvn:
        (folder / "am.mvn").write_text(_mean_and_variance(mvn))
    torch.manual_seed(0)
    skipped = ("model", "model_conf", "frontend", "frontend_conf", "tokenizer", "tokenizer_conf")
    more = {name: value for name, value in config.items() if name not in skipped}
    model = tables.model_classes[config["model"]](**{**more, **config["model_conf"], **given})
    with torch.no_grad():
        change(model)
    torch.save(model.state_dict(), folder / "model.pt")
    return str(folder)


def _mean_and_variance(size: int) -> str:
    means, scales = " ".join(["-8"] * size), " ".join(["0.2"] * size)
    return (
        f"<Nnet>\n<Splice> {size} {size}\n[ 0 ]\n<AddShift> {size} {size}\n<LearnRateCoef> 0 [ {means} ]\n"
        f"<Rescale> {size} {size}\n<LearnRateCoef> 0 [ {scales} ]\n</Nnet>\n"
    )
