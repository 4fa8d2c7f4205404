//! Texts of problems: a title, and what to do about it.

use crate::{api::problem::Code, language::Language};

/// Title and detail of a problem.
pub const fn problem(code: Code, language: Language) -> (&'static str, &'static str) {
    let (vi, en) = both(code);
    match language {
        Language::Vi => vi,
        Language::En => en,
    }
}

type Text = (&'static str, &'static str);

const fn both(code: Code) -> (Text, Text) {
    match code {
        Code::WrongCredentials => (
            ("Không đăng nhập được", "Tên đăng nhập hoặc mật khẩu không đúng."),
            ("Could not sign in", "The user name or the password is wrong."),
        ),
        Code::Locked => (
            (
                "Tài khoản tạm khóa",
                "Nhập sai nhiều lần. Chờ hết thời gian khóa hoặc đề nghị quản trị mở khóa.",
            ),
            ("The account is locked", "Too many wrong attempts. Wait, or ask an administrator to unlock it."),
        ),
        Code::NotSignedIn => {
            (("Chưa đăng nhập", "Đăng nhập để tiếp tục."), ("Not signed in", "Sign in to go on."))
        }
        Code::Csrf => (
            ("Yêu cầu không hợp lệ", "Tải lại trang rồi thử lại."),
            ("The request was not accepted", "Reload the page and try again."),
        ),
        Code::Forbidden => (
            ("Không có quyền", "Tài khoản không được làm việc này ở đơn vị này."),
            ("Not allowed", "This account may not do this here."),
        ),
        Code::NotFound => (
            ("Không tìm thấy", "Nội dung không tồn tại hoặc tài khoản không được xem."),
            ("Not found", "It does not exist, or this account may not see it."),
        ),
        Code::MethodNotAllowed => (
            ("Không hỗ trợ", "Đường dẫn này không nhận phương thức đó."),
            ("Not supported", "This path does not take that method."),
        ),
        Code::Malformed => (
            ("Yêu cầu sai định dạng", "Máy chủ không đọc được yêu cầu."),
            ("Malformed request", "The server cannot read the request."),
        ),
        Code::TooLarge => (
            ("Dữ liệu quá lớn", "Giảm bớt nội dung rồi gửi lại."),
            ("Too large", "Send less in one request."),
        ),
        Code::UnsupportedMediaType => (
            ("Sai loại dữ liệu", "Yêu cầu phải là JSON."),
            ("Wrong kind of data", "The request must be JSON."),
        ),
        Code::Invalid => (
            ("Thông tin chưa đúng", "Sửa các mục được nêu rồi gửi lại."),
            ("Some fields are wrong", "Correct the fields named here and send again."),
        ),
        Code::NeedsOverride => (
            ("Trái quy định", "Chánh Văn phòng có thể cho phép nếu ghi rõ lý do."),
            ("Against the rules", "The chief of office can allow it with a recorded reason."),
        ),
        Code::Conflict => (
            ("Trùng lịch", "Chọn thời gian khác hoặc bỏ mục bị trùng."),
            ("Already booked", "Choose another time or leave out what clashes."),
        ),
        Code::Stale => (
            ("Đã có người sửa", "Nội dung vừa được người khác thay đổi. Tải lại rồi sửa tiếp."),
            ("Changed meanwhile", "Somebody else has just changed this. Reload and edit again."),
        ),
        Code::WrongState => (
            ("Không thực hiện được lúc này", "Trạng thái hiện tại của phiên không cho phép thao tác này."),
            ("Not possible now", "The state of the session does not allow this."),
        ),
        Code::NotEnded => (
            ("Phiên chưa kết thúc", "Bảng tính chi phí có sau khi phiên kết thúc."),
            ("Not ended yet", "The ledger is written when the session ends."),
        ),
        Code::Taken => (
            ("Đã tồn tại", "Tên hoặc mã này đã được dùng."),
            ("Already taken", "This name or number is in use."),
        ),
        Code::TooMany => (
            ("Quá nhiều yêu cầu", "Chờ một lát rồi thử lại."),
            ("Too many requests", "Wait a moment and try again."),
        ),
        Code::Unavailable => (
            (
                "Tạm thời chưa phục vụ được",
                "Cơ sở dữ liệu hoặc phòng họp chưa sẵn sàng. Hệ thống đang tự thử lại.",
            ),
            ("Not available now", "The database or the rooms cannot be reached. The system keeps trying."),
        ),
        Code::Internal => (
            ("Lỗi hệ thống", "Báo bộ phận kỹ thuật kèm mã yêu cầu (X-Request-Id)."),
            ("System fault", "Tell the operator the request id (X-Request-Id)."),
        ),
    }
}
